package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * Batches in which every image is mixed with the one before it, and so is its class: targets become probabilities, F32
 * {@code [n, classes]}, which {@link dev.lanewise.nn.loss.CrossEntropyLoss} takes. What is drawn depends on the seed, the
 * epoch and the batch's first sample alone. Definitions are torchvision's.
 *
 * <p>{@snippet :
 * Dataset mixed = MixedImages.mixUp(new ImageDataset(images), 10, 0.2, seed);
 * }
 */
public final class MixedImages {
    /** Mixes a batch. */
    private interface Mixing {
        /** The mixed images, and in the first element of {@code share} the share of an image's own class. */
        Tensor mix(Tensor x, double[] share, RandomGenerator random);
    }

    private MixedImages() {}

    /**
     * MixUp (Zhang et al. 2017, arXiv:1710.09412): {@code share * image + (1 - share) * other}, with one share for a
     * batch, drawn from the distribution Beta(alpha, alpha).
     *
     * @param images batches {@code [n, ...]} with classes {@code [n]} of type I64
     * @param classes how many classes there are
     * @param alpha above 0; small numbers mix little, 1 draws shares evenly
     * @param seed determines the shares
     * @return the mixed batches
     * @throws TensorException if alpha is not a finite number above 0
     */
    public static Dataset mixUp(Dataset images, long classes, double alpha, long seed) {
        Objects.requireNonNull(images, "images");
        checkAlpha("mixUp", alpha);
        return mixed(images, classes, seed, (x, share, random) -> {
            share[0] = beta(alpha, random);
            return x.mul(share[0]).add(x.roll(1, 0).mul(1 - share[0]));
        });
    }

    /**
     * CutMix (Yun et al. 2019, arXiv:1905.04899): a rectangle at a random place, of a share {@code 1 - share} of the
     * area, is the other image's; the shares of the classes are those of the areas.
     *
     * @param images batches {@code [n, channels, height, width]} with classes {@code [n]} of type I64
     * @param classes how many classes there are
     * @param alpha above 0, for shares from Beta(alpha, alpha); 1 is usual
     * @param seed determines shares and places
     * @return the mixed batches
     * @throws TensorException if alpha is not a finite number above 0
     */
    public static Dataset cutMix(Dataset images, long classes, double alpha, long seed) {
        Objects.requireNonNull(images, "images");
        checkAlpha("cutMix", alpha);
        return mixed(images, classes, seed, (x, share, random) -> cut(x, beta(alpha, random), share, random));
    }

    private static void checkAlpha(String name, double alpha) {
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY)) {
            throw new TensorException(name + ": alpha = " + alpha + " (expected a number above 0); 0.2 to 1 are usual");
        }
    }

    private static Tensor cut(Tensor x, double drawn, double[] share, RandomGenerator random) {
        if (x.shape().rank() != 4) {
            throw new TensorException(
                    "cut_mix: input " + x.spec() + " (expected [n, channels, height, width]); use mixUp");
        }
        int height = Math.toIntExact(x.shape().size(2));
        int width = Math.toIntExact(x.shape().size(3));
        double half = 0.5 * Math.sqrt(1 - drawn);
        int column = random.nextInt(width);
        int row = random.nextInt(height);
        int left = Math.max(0, column - (int) (half * width));
        int right = Math.min(width, column + (int) (half * width));
        int top = Math.max(0, row - (int) (half * height));
        int bottom = Math.min(height, row + (int) (half * height));
        float[] inside = new float[height * width];
        for (int r = top; r < bottom; r++) {
            Arrays.fill(inside, r * width + left, r * width + right, 1f);
        }
        share[0] = 1 - (double) (right - left) * (bottom - top) / ((double) width * height);
        return Tensor.of(inside, 1, 1, height, width).gt(0).to(x.device()).where(x.roll(1, 0), x);
    }

    private static Dataset mixed(Dataset images, long classes, long seed, Mixing mixing) {
        return new Dataset() {
            private volatile long epoch;

            @Override
            public long size() {
                return images.size();
            }

            @Override
            public void epoch(long number) {
                epoch = number;
                images.epoch(number);
            }

            @Override
            public String describe(long index) {
                return images.describe(index);
            }

            @Override
            public Batch batch(long[] indices) {
                RandomGenerator random = ImageBatches.random(seed, epoch, indices[0]);
                try (Scope scope = Scope.open("mix")) {
                    Batch batch = images.batch(indices).withOneHotTargets(classes);
                    double[] share = new double[1];
                    Tensor x = mixing.mix(batch.x(), share, random);
                    Tensor y = batch.y().mul(share[0]).add(batch.y().roll(1, 0).mul(1 - share[0]));
                    Batch result = new Batch(x, y, batch.more());
                    scope.keepAll(result.tensors());
                    return result;
                }
            }
        };
    }

    static double beta(double alpha, RandomGenerator random) {
        double a = gamma(alpha, random);
        double b = gamma(alpha, random);
        // both are 0 where alpha is tiny: then one of the images is left alone
        return a + b == 0 ? random.nextInt(2) : a / (a + b);
    }

    /** Marsaglia and Tsang 2000, "A simple method for generating gamma variables". */
    private static double gamma(double alpha, RandomGenerator random) {
        if (alpha < 1) {
            return gamma(alpha + 1, random) * StrictMath.pow(random.nextDouble(), 1 / alpha);
        }
        double d = alpha - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double normal = Math.sqrt(-2 * StrictMath.log(1 - random.nextDouble()))
                    * StrictMath.cos(2 * Math.PI * random.nextDouble());
            double v = StrictMath.pow(1 + c * normal, 3);
            if (v > 0
                    && StrictMath.log(1 - random.nextDouble())
                            < 0.5 * normal * normal + d - d * v + d * StrictMath.log(v)) {
                return d * v;
            }
        }
    }
}
