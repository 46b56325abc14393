package dev.lanewise.cpu.norm;

/** What normalizations do to one run of neighbouring elements. Addresses in bytes; inputs may not overlap outputs. */
interface MomentKernel {
    /** The kernel for elements of the given size. */
    static MomentKernel ofBytes(int bytes) {
        return bytes == Float.BYTES ? new F32Moments() : new F64Moments();
    }

    /** The sum. */
    double sum(long x, int n);

    /** The sum of squared differences from the mean. */
    double squares(long x, int n, double mean);

    /**
     * Writes the mean and the mean squared difference from it, two double-precision numbers, to {@code moments}, where there
     * must be room for two vectors.
     */
    void moments(long x, int n, long moments);

    /** {@code (x - mean) * scale * weight + bias} with a weight and a bias for each element. */
    void normalize(long x, long y, int n, double mean, double scale, long weight, long bias);

    /** {@code (x - mean) * scale + bias}. */
    void normalize(long x, long y, int n, double mean, double scale, double bias);

    /** Adds the sums of {@code g} and of {@code g (x - mean)} to the two double-precision numbers at {@code sums}. */
    void gradSums(long g, long x, int n, double mean, long sums);

    /** As {@link #gradSums(long, long, int, double, long)} for {@code g weight}. */
    void gradSums(long g, long x, int n, double mean, long weight, long sums);

    /** {@code gx = g a - b - (x - mean) c}. */
    void grad(long g, long x, long gx, int n, double mean, double a, double b, double c);

    /**
     * {@code gx = g weight a - b - (x - mean) c}; adds {@code g (x - mean) a} to {@code weightGrad} and g to
     * {@code biasGrad}.
     */
    void grad(
            long g,
            long x,
            long gx,
            int n,
            double mean,
            double a,
            double b,
            double c,
            long weight,
            long weightGrad,
            long biasGrad);

    /** Adds a row to another. */
    void add(long x, int n, long total);

    /** Fills a row. */
    void fill(long x, int n, double value);

    /** Reads one element. */
    double load(long address);

    /** Writes one element. */
    void store(long address, double value);
}
