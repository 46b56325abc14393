package dev.lanewise.examples.train;

import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.LabeledImages;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/** Labeled images as tensors: pixels on [0, 1], {@code [n, c, h, w]}. */
final class Images {
    private Images() {}

    static Dataset dataset(LabeledImages images, Device device) {
        try (var _ = Scope.open("images")) {
            float[] pixels = new float[images.size() * images.imageSize()];
            for (int i = 0; i < images.size(); i++) {
                images.copyTo(i, pixels, i * images.imageSize());
            }
            Tensor x = Tensor.of(pixels, images.size(), images.channels(), images.height(), images.width());
            long[] labels = Arrays.stream(images.labels()).asLongStream().toArray();
            Tensor y = Tensor.of(labels, Shape.of(labels.length));
            return new TensorDataset(x.to(device), y.to(device));
        }
    }
}
