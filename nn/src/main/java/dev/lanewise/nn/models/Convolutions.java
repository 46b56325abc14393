package dev.lanewise.nn.models;

import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Window;

/** Convolutions as the models of this package use them. */
final class Convolutions {
    private Convolutions() {}

    /** A convolution without bias, padded so that a stride of 1 keeps the size. */
    static Conv2d conv(long in, long out, int kernel, int stride, Rng rng) {
        return conv(in, out, kernel, stride, 1, rng);
    }

    private static Conv2d conv(long in, long out, int kernel, int stride, int groups, Rng rng) {
        Window window = Window.of(kernel).stride(stride).padding(kernel / 2);
        return new Conv2d(in, out, window, groups, false, rng);
    }

    /** A convolution without bias, normalization and, named by their numbers, further layers. */
    static Sequential normed(long in, long out, int kernel, int stride, int groups, Rng rng, Layer... after) {
        Sequential layers = new Sequential(conv(in, out, kernel, stride, groups, rng), new BatchNorm(out));
        for (int i = 0; i < after.length; i++) {
            layers.with(Integer.toString(2 + i), after[i]);
        }
        return layers;
    }
}
