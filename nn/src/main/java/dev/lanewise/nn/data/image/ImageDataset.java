package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Images in memory as a dataset: inputs are F32 {@code [n, channels, height, width]}, targets are the classes, I64
 * {@code [n]}. The floats of a batch are made on demand, so a data set takes one byte per value.
 *
 * <p>With a random transform every image draws from a generator of its own, made from the seed, the epoch and the
 * image's number: the same seed gives the same training run, in any order, on any thread, and after a resume.
 */
public final class ImageDataset implements Dataset {
    private final LabeledImages images;
    private final @Nullable ImageTransform transform;
    private final long seed;
    private volatile long epoch;

    /**
     * A data set of images whose pixels are scaled to 0 to 1 and otherwise unchanged.
     *
     * @param images the images and their classes
     */
    public ImageDataset(LabeledImages images) {
        this(images, null, 0);
    }

    /**
     * Images that a transform changes; it must give them all the same size.
     *
     * @param images the images and their classes
     * @param transform changes each image when it is taken, or null
     * @param seed the seed of the transform's random numbers, together with the epoch
     */
    public ImageDataset(LabeledImages images, @Nullable ImageTransform transform, long seed) {
        Objects.requireNonNull(images, "images");
        this.images = images;
        this.transform = transform;
        this.seed = seed;
    }

    @Override
    public void epoch(long number) {
        epoch = number;
    }

    /** {@return the images that samples are made of} */
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
        return new Batch(inputs(indices), Tensor.of(labels, labels.length));
    }

    private Tensor inputs(long[] indices) {
        if (indices.length == 0) {
            return Tensor.zeros(0, images.channels(), images.height(), images.width());
        }
        return ImageBatches.stack(indices, this::image);
    }

    private Image image(long index) {
        Image image = new Image(images.channels(), images.height(), images.width());
        images.copyTo(Math.toIntExact(index), image.values(), 0);
        return transform == null ? image : transform.apply(image, ImageBatches.random(seed, epoch, index));
    }
}
