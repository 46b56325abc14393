package dev.lanewise.nn.data.text;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;

/** Arranges sequences of different lengths in one rectangular array. */
public final class Sequences {
    private Sequences() {}

    /**
     * Truncates or pads every sequence to the same length.
     *
     * @param sequences the numbers of every text
     * @param length the length of all rows, 0 or more; longer sequences are cut at the end
     * @param padding the number to pad with
     * @return [sequences, length], row-major
     * @throws TensorException if the length is negative, or there are 2^31 numbers or more
     */
    public static long[] pad(List<int[]> sequences, int length, int padding) {
        checkLength(length);
        if ((long) sequences.size() * length > Integer.MAX_VALUE - 8) {
            throw new TensorException("sequences: " + sequences.size() + " of length " + length
                    + " (expected fewer than 2^31 numbers in all); pad a batch at a time, or cut more");
        }
        long[] rows = new long[sequences.size() * length];
        Arrays.fill(rows, padding);
        for (int row = 0; row < sequences.size(); row++) {
            int[] sequence = sequences.get(row);
            for (int i = 0; i < Math.min(length, sequence.length); i++) {
                rows[row * length + i] = sequence[i];
            }
        }
        return rows;
    }

    /**
     * {@return the lengths of the sequences, at most {@code length}}
     *
     * @param sequences the sequences
     * @param length the upper limit, 0 or more
     * @throws TensorException if the limit is negative
     */
    public static long[] lengths(List<int[]> sequences, int length) {
        checkLength(length);
        return sequences.stream()
                .mapToLong(sequence -> Math.min(length, sequence.length))
                .toArray();
    }

    private static void checkLength(int length) {
        if (length < 0) {
            throw new TensorException("sequences: length " + length + " (expected 0 or more); check it");
        }
    }
}
