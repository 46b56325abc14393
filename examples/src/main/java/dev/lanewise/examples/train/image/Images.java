package dev.lanewise.examples.train.image;

import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.LabeledImages;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/** Images as tensors. */
final class Images {
    private Images() {}

    /** Labeled images in memory without changes: pixels on [0, 1], {@code [n, c, h, w]}. */
    static Dataset dataset(LabeledImages images) {
        try (var ignored = Scope.open("images")) {
            float[] pixels = new float[images.size() * images.imageSize()];
            for (int i = 0; i < images.size(); i++) {
                images.copyTo(i, pixels, i * images.imageSize());
            }
            Tensor x = Tensor.of(pixels, images.size(), images.channels(), images.height(), images.width());
            long[] labels = Arrays.stream(images.labels()).asLongStream().toArray();
            return new TensorDataset(x, Tensor.of(labels, labels.length));
        }
    }

    /** One image as a batch, {@code [1, c, h, w]}. */
    static Tensor tensor(Image image) {
        return Tensor.of(image.values(), 1, image.channels(), image.height(), image.width());
    }
}
