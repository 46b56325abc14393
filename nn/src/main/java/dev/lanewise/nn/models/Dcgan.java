package dev.lanewise.nn.models;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;

/**
 * The two networks of a deep convolutional GAN (Radford et al. 2015, arXiv:1511.06434): one draws images from noise, the other
 * says whether an image is real. Weights start from normal distributions of standard deviation 0.02, as in the paper.
 */
public final class Dcgan {
    private static final int SMALLEST = 4;
    private static final Window DOUBLING = Window.of(4).stride(2).padding(1);

    private Dcgan() {}

    /**
     * A generator, {@code [n, latent, 1, 1] -> [n, channels, side, side]}, with values on [-1, 1].
     *
     * @param latent the size of the noise, 100 in the paper
     * @param channels the channels of the images
     * @param width the channels before the last layer; they double with every halving of the size
     * @param side the size of the images: 8, 16, 32 and so on, up to 1024
     * @param rng the source of the initial values
     * @return the network
     * @throws TensorException if a size is out of range
     */
    public static Sequential generator(long latent, long channels, long width, int side, Rng rng) {
        int levels = levels(side);
        long in = width << levels - 1;
        Sequential layers = new Sequential(
                new ConvTranspose2d(latent, in, Window.of(SMALLEST), 1, false, rng), new BatchNorm(in), new ReLU());
        for (int level = levels - 2; level >= 0; level--) {
            long out = width << level;
            add(layers, new ConvTranspose2d(2 * out, out, DOUBLING, 1, false, rng), new BatchNorm(out), new ReLU());
        }
        return initialized(add(layers, new ConvTranspose2d(width, channels, DOUBLING, rng), Activation.tanh()), rng);
    }

    /**
     * A discriminator, {@code [n, channels, side, side] -> [n, 1]}: logits of the probability that an image is real.
     *
     * @param channels the channels of the images
     * @param width the channels after the first layer; they double with every halving of the size
     * @param side the size of the images: 8, 16, 32 and so on, up to 1024
     * @param rng the source of the initial values
     * @return the network
     * @throws TensorException if a size is out of range
     */
    public static Sequential discriminator(long channels, long width, int side, Rng rng) {
        int levels = levels(side);
        Sequential layers = new Sequential(new Conv2d(channels, width, DOUBLING, rng), Activation.leakyRelu(0.2));
        for (int level = 1; level < levels; level++) {
            long out = width << level;
            add(
                    layers,
                    new Conv2d(out / 2, out, DOUBLING, 1, false, rng),
                    new BatchNorm(out),
                    Activation.leakyRelu(0.2));
        }
        return initialized(
                add(layers, new Conv2d(width << levels - 1, 1, Window.of(SMALLEST), rng), new Flatten()), rng);
    }

    /** How often the size is halved until it is 4. */
    private static int levels(int side) {
        if (side < 2 * SMALLEST || side > 1024 || Integer.bitCount(side) != 1) {
            throw new TensorException(
                    "dcgan: images of " + side + " pixels (expected 8, 16, 32 and so on, up to 1024); resize them");
        }
        return Integer.numberOfTrailingZeros(side / SMALLEST);
    }

    private static Sequential add(Sequential layers, Layer... more) {
        for (Layer layer : more) {
            layers.with(Integer.toString(layers.size()), layer);
        }
        return layers;
    }

    private static Sequential initialized(Sequential layers, Rng rng) {
        layers.namedParameters().forEach((name, parameter) -> {
            if (name.endsWith("weight")) {
                boolean norm = parameter.leaf().shape().rank() == 1;
                draw(parameter, norm ? 1 : 0, rng);
            }
        });
        return layers;
    }

    private static void draw(Parameter parameter, double mean, Rng rng) {
        parameter.set(Init.normal(rng, mean, 0.02, parameter.leaf().shape().toArray()));
    }
}
