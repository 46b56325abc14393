package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Encodings of positions that have no parameters; for learned ones use an {@link Embedding}. */
public final class Positions {
    private Positions() {}

    /** Sines and cosines {@code [time, size]} (Vaswani et al. 2017, arXiv:1706.03762, section 3.5), to be added. */
    public static Tensor sinusoidal(int time, int size) {
        float[] values = new float[time * size];
        for (int t = 0; t < time; t++) {
            for (int i = 0; i < size; i++) {
                double angle = t * Math.pow(10_000, -(i - i % 2) / (double) size);
                values[t * size + i] = (float) (i % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
            }
        }
        return Tensor.of(values, time, size);
    }

    /**
     * Rotates pairs of features by an angle that grows with the position (Su et al. 2021, arXiv:2104.09864); the pairs are
     * element i and element {@code i + size / 2}.
     *
     * @param x queries or keys, {@code [..., time, size]} with an even size
     */
    public static Tensor rotary(Tensor x) {
        int time = Math.toIntExact(x.shape().size(-2));
        int half = Math.toIntExact(x.shape().size(-1) / 2);
        double[] angles = new double[time * half];
        for (int t = 0; t < time; t++) {
            for (int i = 0; i < half; i++) {
                angles[t * half + i] = t * Math.pow(10_000, -i / (double) half);
            }
        }
        Tensor angle = Tensor.of(angles, time, half);
        Tensor cos = angle.cos().to(x.dtype()).to(x.device());
        Tensor sin = angle.sin().to(x.dtype()).to(x.device());
        Tensor a = x.narrow(-1, 0, half);
        Tensor b = x.narrow(-1, half, half);
        return Tensor.cat(-1, a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin)));
    }
}
