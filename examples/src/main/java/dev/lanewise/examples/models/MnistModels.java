package dev.lanewise.examples.models;

import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Tensor;

/** Models for images of digits, {@code [n, 1, 28, 28] -> [n, 10]}. */
public final class MnistModels {
    private MnistModels() {}

    /** 784-100-10 with ReLU. */
    public static Layer mlp() {
        return new Sequential(new Flatten(), new Linear(784, 100), new ReLU(), new Linear(100, 10));
    }

    /** LeNet-5 with ReLU and max pooling, after LeCun et al. 1998, "Gradient-based learning applied to document recognition". */
    public static Layer lenet5() {
        return new Sequential(
                new Conv2d(1, 6, 5, 1, 2),
                new ReLU(),
                new MaxPool2d(2),
                new Conv2d(6, 16, 5),
                new ReLU(),
                new MaxPool2d(2),
                new Flatten(),
                new Linear(400, 120),
                new ReLU(),
                new Linear(120, 84),
                new ReLU(),
                new Linear(84, 10));
    }

    /**
     * The network of PyTorch's MNIST example, about 1.2 million parameters: two 3 x 3 convolutions, pooling and two linear
     * layers, with dropout from the global random stream. Its names: {@code conv1}, {@code conv2}, {@code fc1},
     * {@code fc2}.
     */
    public static Layer cnn() {
        return new Cnn();
    }

    private static final class Cnn extends Layer {
        private final Layer conv1 = child("conv1", new Conv2d(1, 32, 3));
        private final Layer conv2 = child("conv2", new Conv2d(32, 64, 3));
        private final Layer pool = new MaxPool2d(2);
        private final Layer dropout1 = child("dropout1", new Dropout(0.25));
        private final Layer dropout2 = child("dropout2", new Dropout(0.5));
        private final Layer fc1 = child("fc1", new Linear(9216, 128));
        private final Layer fc2 = child("fc2", new Linear(128, 10));

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = conv2.forward(conv1.forward(x).relu()).relu();
            y = dropout1.forward(pool.forward(y)).flatten(1);
            return fc2.forward(dropout2.forward(fc1.forward(y).relu()));
        }
    }
}
