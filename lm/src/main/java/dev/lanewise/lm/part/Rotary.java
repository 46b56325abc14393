package dev.lanewise.lm.part;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rotary positions of heads: pairs are half a head apart. The tables of cosines and sines grow on demand. */
public final class Rotary {
    private static final int BLOCK = 256;

    private final RopeFrequencies frequencies;
    private volatile @Nullable Table table;

    /** Cosines and sines {@code [length, pairs]} for sequences of a length. */
    private record Table(long representative, int length, Tensor cos, Tensor sin) {}

    /** Rotations by these frequencies. */
    public Rotary(RopeFrequencies frequencies) {
        this.frequencies = frequencies;
    }

    /**
     * The rotations of consecutive positions.
     *
     * @param first the first position
     * @param count how many there are
     */
    Turn from(long first, long count) {
        Table t = table(first + count);
        return new Turn(t.cos.narrow(0, first, count), t.sin.narrow(0, first, count));
    }

    /**
     * The rotations of arbitrary positions.
     *
     * @param positions {@code [n, l]} of I64
     * @param most one more than the largest of them
     */
    Turn of(Tensor positions, long most) {
        Table t = table(most);
        return new Turn(
                t.cos.embedding(positions).unsqueeze(1),
                t.sin.embedding(positions).unsqueeze(1));
    }

    private Table table(long length) {
        long representative = frequencies.representative(length);
        Table t = table;
        if (t == null || t.length < length || t.representative != representative) {
            int rows = Math.toIntExact(Math.ceilDiv(length, (long) BLOCK) * BLOCK);
            t = compute(rows, representative, frequencies.inverse(length));
            table = t;
        }
        return t;
    }

    private Table compute(int rows, long representative, float[] inverse) {
        float[] cos = new float[Math.multiplyExact(rows, inverse.length)];
        float[] sin = new float[cos.length];
        for (int row = 0, i = 0; row < rows; row++) {
            for (float frequency : inverse) {
                double angle = row * frequency;
                cos[i] = (float) (Math.cos(angle) * frequencies.scaling());
                sin[i++] = (float) (Math.sin(angle) * frequencies.scaling());
            }
        }
        return new Table(
                representative,
                rows,
                Tensor.of(cos, rows, inverse.length).keep(),
                Tensor.of(sin, rows, inverse.length).keep());
    }

    /**
     * Cosines and sines of some positions.
     *
     * @param cos {@code [l, pairs]}, or for every row its own, {@code [n, 1, l, pairs]}
     * @param sin likewise
     */
    public record Turn(Tensor cos, Tensor sin) {
        /** The rotations of several sequences, each of which has {@code [l, pairs]}. */
        static Turn ofEach(List<Turn> rows) {
            return new Turn(
                    stacked(rows.stream().map(Turn::cos).toList()),
                    stacked(rows.stream().map(Turn::sin).toList()));
        }

        private static Tensor stacked(List<Tensor> rows) {
            return Tensor.cat(0, rows.stream().map(row -> row.unsqueeze(0)).toArray(Tensor[]::new))
                    .unsqueeze(1);
        }

        /** Rotates {@code [n, heads, l, size]}; elements beyond the pairs are unchanged. */
        public Tensor apply(Tensor x) {
            long pairs = cos.shape().size(-1);
            long size = x.shape().size(-1);
            Tensor c = cos.to(x.dtype());
            Tensor s = sin.to(x.dtype());
            Tensor a = x.narrow(-1, 0, pairs);
            Tensor b = x.narrow(-1, pairs, pairs);
            try (Scope scope = Scope.open("rotary")) {
                Tensor left = a.mul(c).sub(b.mul(s));
                Tensor right = b.mul(c).add(a.mul(s));
                return scope.keep(
                        size == 2 * pairs
                                ? Tensor.cat(-1, left, right)
                                : Tensor.cat(-1, left, right, x.narrow(-1, 2 * pairs, size - 2 * pairs)));
            }
        }
    }
}
