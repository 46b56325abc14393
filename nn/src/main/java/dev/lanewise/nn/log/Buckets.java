package dev.lanewise.nn.log;

/**
 * A histogram with equally wide buckets over the finite elements of an array.
 *
 * @param count how many elements are finite
 * @param least the smallest of them
 * @param most the greatest of them
 * @param sum their sum
 * @param squares the sum of their squares
 * @param limits the upper edge of each bucket
 * @param counts how many elements lie in each
 */
record Buckets(long count, double least, double most, double sum, double squares, double[] limits, double[] counts) {
    private static final int BUCKETS = 64;

    static Buckets of(float... values) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        double sum = 0;
        double squares = 0;
        long count = 0;
        for (float value : values) {
            if (Float.isFinite(value)) {
                least = Math.min(least, value);
                most = Math.max(most, value);
                sum += value;
                squares += (double) value * value;
                count++;
            }
        }
        if (count == 0) {
            return new Buckets(0, 0, 0, 0, 0, new double[1], new double[1]);
        }
        int buckets = least < most ? BUCKETS : 1;
        double[] limits = new double[buckets];
        for (int i = 0; i < buckets; i++) {
            limits[i] = i == buckets - 1 ? most : least + (most - least) * (i + 1) / buckets;
        }
        double[] counts = new double[buckets];
        for (float value : values) {
            if (Float.isFinite(value)) {
                int place = least < most ? (int) ((value - least) / (most - least) * buckets) : 0;
                counts[Math.min(place, buckets - 1)]++;
            }
        }
        return new Buckets(count, least, most, sum, squares, limits, counts);
    }

    /** As a message of type {@code HistogramProto}. */
    ProtoWriter message() {
        return new ProtoWriter()
                .number(1, least)
                .number(2, most)
                .number(3, (double) count)
                .number(4, sum)
                .number(5, squares)
                .numbers(6, limits)
                .numbers(7, counts);
    }
}
