package dev.lanewise.nn.data;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Images in memory as a dataset: inputs F32 {@code [n, channels, height, width]}, targets the classes, I64 {@code [n]}. The
 * floats of a batch are made when it is asked for, so a data set takes one byte a value.
 *
 * <p>With a random transform every image draws from a generator of its own, made from the seed, the epoch and the image's
 * number: the same seed gives the same training run, in any order, on any thread, and after a resume.
 */
public final class ImageDataset implements Dataset {
    private final LabeledImages images;
    private final @Nullable ImageTransform transform;
    private final long seed;
    private volatile long epoch;

    /** Pixels from 0 to 1, unchanged. */
    public ImageDataset(LabeledImages images) {
        this(images, null, 0);
    }

    /**
     * Images that a transform changes; it must give all of them one size.
     *
     * @param seed where the transform's chance comes from, with the epoch
     */
    public ImageDataset(LabeledImages images, @Nullable ImageTransform transform, long seed) {
        this.images = images;
        this.transform = transform;
        this.seed = seed;
    }

    /** A random transform draws anew in every epoch. */
    @Override
    public void epoch(long number) {
        epoch = number;
    }

    /** The images. */
    public LabeledImages images() {
        return images;
    }

    @Override
    public long size() {
        return images.size();
    }

    @Override
    public Batch batch(long[] indices) {
        long[] labels = new long[indices.length];
        for (int i = 0; i < indices.length; i++) {
            labels[i] = images.label(Math.toIntExact(indices[i]));
        }
        return new Batch(inputs(indices), Tensor.of(labels, Shape.of(labels.length)));
    }

    private Tensor inputs(long[] indices) {
        if (indices.length == 0) {
            return Tensor.zeros(0, images.channels(), images.height(), images.width());
        }
        Image first = image(indices[0]);
        int size = first.values().length;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate(ValueLayout.JAVA_FLOAT, (long) indices.length * size);
            for (int i = 0; i < indices.length; i++) {
                Image image = i == 0 ? first : image(indices[i]);
                if (image.height() != first.height() || image.width() != first.width()) {
                    throw new IllegalArgumentException("ImageDataset: found an image of " + image.height() + " x "
                            + image.width() + " after the transform; expected " + first.height() + " x " + first.width()
                            + ", as the batch's first; end the transform with a crop or resize");
                }
                MemorySegment.copy(
                        image.values(), 0, floats, ValueLayout.JAVA_FLOAT, (long) i * size * Float.BYTES, size);
            }
            return Tensor.of(floats, DType.F32, indices.length, first.channels(), first.height(), first.width());
        }
    }

    private Image image(long index) {
        Image image = new Image(images.channels(), images.height(), images.width());
        images.copyTo(Math.toIntExact(index), image.values(), 0);
        if (transform == null) {
            return image;
        }
        // Odd multipliers spread epochs and images over the generator's seeds.
        long own = seed ^ (epoch + 1) * 0xbf58476d1ce4e5b9L ^ (index + 1) * 0x9e3779b97f4a7c15L;
        return transform.apply(image, new SplittableRandom(own));
    }
}
