package dev.lanewise.examples.train.text;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A text cut into pieces of equal length; the targets are the same characters shifted by one position. */
final class CharacterWindows implements Dataset {
    private final int[] text;
    private final int length;
    private final @Nullable Long seed;
    private volatile int shift;

    /**
     * Pieces of a text.
     *
     * @param text at least {@code length + 2} numbers
     * @param seed determines where the first piece begins in each epoch; null for always at the beginning
     */
    CharacterWindows(int[] text, int length, @Nullable Long seed) {
        this.text = text;
        this.length = length;
        this.seed = seed;
    }

    /** Begins the first piece elsewhere, so that another epoch has other pieces. */
    @Override
    public void epoch(long number) {
        if (seed != null) {
            int free = Math.min(length, text.length - 1 - Math.toIntExact(size()) * length + 1);
            shift = new SplittableRandom(seed + number).nextInt(free);
        }
    }

    /** One piece fewer than fit, so that all can be shifted. */
    @Override
    public long size() {
        return Math.max(1, (text.length - 1) / length - 1);
    }

    @Override
    public Batch batch(long[] indices) {
        long[] x = new long[indices.length * length];
        long[] y = new long[x.length];
        for (int i = 0; i < indices.length; i++) {
            int from = Math.toIntExact(indices[i]) * length + shift;
            for (int t = 0; t < length; t++) {
                x[i * length + t] = text[from + t];
                y[i * length + t] = text[from + t + 1];
            }
        }
        Shape shape = Shape.of(indices.length, length);
        return new Batch(Tensor.of(x, shape.toArray()), Tensor.of(y, shape.toArray()));
    }
}
