package dev.lanewise.examples.models;

import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.Module;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;

/** Models for images of digits, {@code [n, 1, 28, 28] -> [n, 10]}. */
public final class MnistModels {
    private MnistModels() {}

    /** 784-100-10 with ReLU. */
    public static Module mlp() {
        return new Sequential(new Flatten(), new Linear(784, 100), new ReLU(), new Linear(100, 10));
    }

    /** LeNet-5 with ReLU and max pooling, after LeCun et al. 1998, "Gradient-based learning applied to document recognition". */
    public static Module lenet5() {
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
}
