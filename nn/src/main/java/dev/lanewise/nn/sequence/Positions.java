package dev.lanewise.nn.sequence;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Position encodings as functions; the corresponding layers are {@link SinusoidalPositions}, {@link RotaryPositions}
 * and, with parameters, {@link LearnedPositions}.
 */
public final class Positions {
    /** What the lowest frequency is a power of. */
    static final double BASE = 10_000;

    private Positions() {}

    /**
     * Sines and cosines {@code [time, size]} (Vaswani et al. 2017, arXiv:1706.03762, section 3.5), to be added.
     *
     * @param time the number of positions
     * @param size the width of a position
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if a number is negative, or the table has 2^31 numbers or more
     */
    public static Tensor sinusoidal(int time, int size) {
        float[] values = new float[elements("sinusoidal_positions", time, size)];
        for (int i = 0; i < size; i++) {
            double frequency = Math.pow(BASE, -(i - i % 2) / (double) size);
            for (int t = 0; t < time; t++) {
                double angle = t * frequency;
                values[t * size + i] = (float) (i % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
            }
        }
        return Tensor.of(values, time, size);
    }

    /** The size of a table of positions. */
    private static int elements(String layer, int time, int size) {
        long elements = LayerSizes.checked(layer, "longest", time) * LayerSizes.checked(layer, "size", size);
        if (elements > Integer.MAX_VALUE - 8) {
            throw new TensorException(layer + ": " + time + " positions of size " + size
                    + " (expected fewer than 2^31 numbers); take fewer positions");
        }
        return (int) elements;
    }

    /**
     * Rotates pairs of features by an angle that grows with the position (Su et al. 2021, arXiv:2104.09864); the pairs
     * are element i and element {@code i + size / 2}.
     *
     * @param x queries or keys, {@code [..., time, size]} with an even size
     * @return a new tensor of the same shape
     * @throws TensorException if the tensor has fewer than two dimensions or an odd size, or time and size are too great for
     *     a table of angles
     */
    public static Tensor rotary(Tensor x) {
        if (x.shape().rank() < 2) {
            throw new TensorException(
                    "rotary: input " + x.spec() + " (expected [..., time, size]); add a dimension by unsqueeze(0)");
        }
        int time = (int) Math.min(Integer.MAX_VALUE - 1, x.shape().size(-2));
        return Rotation.of(
                        "rotary",
                        time,
                        (int) Math.min(Integer.MAX_VALUE - 1, x.shape().size(-1)),
                        BASE,
                        1)
                .apply(x, 0, time);
    }

    /**
     * The angles of {@link #rotary}.
     *
     * @param cos the cosines of the angles, F64 {@code [time, size / 2]}
     * @param sin their sines
     */
    record Rotation(Tensor cos, Tensor sin) {
        static Rotation of(String op, int time, int size, double base, double scaling) {
            if (size % 2 != 0) {
                throw new TensorException(
                        op + ": size " + size + " (expected an even number, for pairs); change the width of a head");
            }
            if (!(base > 0 && base < Double.POSITIVE_INFINITY && scaling > 0 && scaling < Double.POSITIVE_INFINITY)) {
                throw new TensorException(op + ": base " + base + ", scaling " + scaling
                        + " (expected finite numbers above 0); 10000 and 1 are usual");
            }
            int half = size / 2;
            double[] angles = new double[elements(op, time, size) / 2];
            for (int i = 0; i < half; i++) {
                double frequency = Math.pow(base, -i / (double) half) / scaling;
                for (int t = 0; t < time; t++) {
                    angles[t * half + i] = t * frequency;
                }
            }
            Tensor angle = Tensor.of(angles, time, half);
            return new Rotation(angle.cos(), angle.sin());
        }

        Tensor apply(Tensor x, long first, long time) {
            long half = cos.shape().size(1);
            Tensor c = factor(cos, x, first, time);
            Tensor s = factor(sin, x, first, time);
            Tensor a = x.narrow(-1, 0, half);
            Tensor b = x.narrow(-1, half, half);
            return Tensor.cat(-1, a.mul(c).sub(b.mul(s)), b.mul(c).add(a.mul(s)));
        }

        private static Tensor factor(Tensor table, Tensor like, long first, long time) {
            DType dtype = like.dtype();
            return table.narrow(0, first, time).to(dtype).to(like.device());
        }
    }

    /** The sequence length of {@code [..., time, size]} of a given size, both checked. */
    static long time(String name, Tensor x, int longest, long size) {
        if (x.shape().rank() > 0 && x.shape().size(-1) != size) {
            throw new TensorException(name + ": input " + x.spec() + " (expected [..., time, " + size
                    + "]); make the layer for other inputs");
        }
        return time(name, x, longest);
    }

    /** The sequence length of {@code [..., time, size]}, checked. */
    static long time(String name, Tensor x, int longest) {
        long time = x.shape().rank() < 2 ? Long.MAX_VALUE : x.shape().size(-2);
        if (time > longest) {
            throw new TensorException(
                    name + ": input " + x.spec() + " (expected [..., time, size] with a time of at most " + longest
                            + "); cut the sequence, or make the layer longer");
        }
        return time;
    }
}
