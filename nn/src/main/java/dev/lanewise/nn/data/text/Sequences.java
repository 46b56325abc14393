package dev.lanewise.nn.data.text;

import java.util.Arrays;
import java.util.List;

/** Arranges sequences of different lengths in one rectangular array. */
public final class Sequences {
    private Sequences() {}

    /**
     * Truncates or pads every sequence to the same length.
     *
     * @param sequences the numbers of every text
     * @param length the length of all rows; longer sequences are cut at the end
     * @param padding the number to pad with
     * @return [sequences, length], row-major
     */
    public static long[] pad(List<int[]> sequences, int length, int padding) {
        long[] rows = new long[Math.multiplyExact(sequences.size(), length)];
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
     * @param length the upper limit
     */
    public static long[] lengths(List<int[]> sequences, int length) {
        return sequences.stream()
                .mapToLong(sequence -> Math.min(length, sequence.length))
                .toArray();
    }
}
