package dev.lanewise.cpu.norm;

/** What attention does to rows of scores, for one element type. Addresses in bytes. */
interface AttentionKernel {
    /** The kernel for elements of the given size. */
    static AttentionKernel ofBytes(int bytes) {
        return bytes == Float.BYTES ? new F32Attention() : new F64Attention();
    }

    /** Adds a mask whose elements lie {@code stride} bytes apart. */
    void addMask(long scores, int n, long mask, long stride);

    /** Writes negative infinity to the elements from {@code from}. */
    void hide(long scores, int from, int n);

    /** The largest element. */
    double max(long x, int n);

    /** Replaces scores by {@code e^(score - shift)} and returns their sum. */
    double expSum(long scores, int n, double shift);

    /** Multiplies a row by a factor. */
    void scale(long x, int n, double factor);

    /** The inner product of two rows. */
    double dot(long x, long y, int n);

    /** Replaces the gradients of probabilities p by those of their scores, {@code p (grad - delta) scale}. */
    void scoreGrad(long p, long grad, int n, double delta, double scale);

    /** Reads one element. */
    double load(long address);

    /** Writes one element. */
    void store(long address, double value);
}
