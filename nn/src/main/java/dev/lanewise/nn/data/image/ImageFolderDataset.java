package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.Tensor;
import java.util.Objects;

/**
 * The images of a folder, read on demand: for folders that do not fit into memory. Inputs are F32
 * {@code [n, 3, height, width]}; targets are the classes, I64 {@code [n]}. Give the loader several workers.
 *
 * <pre>{@code
 * ImageFolder folder = ImageFolder.open(root);
 * Split split = Split.stratified(folder.labels(), 0.2, 0);
 * Dataset images = new ImageFolderDataset(folder, ImageTransforms.resizeAndCenterCrop(224), 0);
 * Sampler training = Sampler.shuffled(Arrays.stream(split.train()).asLongStream().toArray(), 0);
 * DataLoader loader = new DataLoader(images, 32, training, DataLoader.Options.workers(4));
 * }</pre>
 *
 * <p>Random transforms draw as described at {@link ImageDataset}.
 */
public final class ImageFolderDataset implements Dataset {
    private final ImageFolder folder;
    private final ImageTransform transform;
    private final long seed;
    private volatile long epoch;

    /**
     * A data set of a folder's images, read when they are asked for.
     *
     * @param folder the images
     * @param transform must give all images one size
     * @param seed the seed of the transform's random numbers, together with the epoch
     */
    public ImageFolderDataset(ImageFolder folder, ImageTransform transform, long seed) {
        Objects.requireNonNull(folder, "folder");
        this.folder = folder;
        this.transform = transform;
        this.seed = seed;
    }

    @Override
    public long size() {
        return folder.size();
    }

    /** Reads the images of a batch; see {@link ImageFolder#read}. */
    @Override
    public Batch batch(long[] indices) {
        long[] labels = new long[indices.length];
        for (int i = 0; i < indices.length; i++) {
            labels[i] = folder.label(Math.toIntExact(indices[i]));
        }
        Tensor inputs = ImageBatches.stack(
                indices,
                index -> transform.apply(folder.read(Math.toIntExact(index)), ImageBatches.random(seed, epoch, index)));
        return new Batch(inputs, Tensor.of(labels, labels.length));
    }

    @Override
    public void epoch(long number) {
        epoch = number;
    }

    /** {@return the path of an image, for messages} */
    @Override
    public String describe(long index) {
        return folder.file(Math.toIntExact(index)).toString();
    }
}
