package dev.lanewise.examples.generative;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.loss.*;
import dev.lanewise.nn.models.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * A generator learns to draw images that a discriminator takes for real, while the discriminator learns to tell them apart
 * (DCGAN, Radford et al. 2015, arXiv:1511.06434). The images are spots of light of random place and width, so that what is
 * drawn can be measured: how bright a spot is, where it lies and how wide it is, as mean and deviation over many.
 */
public final class DeepConvolutionalGan implements Example {
    private static final int SIDE = 16;
    private static final int LATENT = 16;
    private static final Loss ENTROPY = Losses.binaryCrossEntropyWithLogits(Reduction.MEAN);

    @Override
    public String id() {
        return "dcgan";
    }

    @Override
    public String shows() {
        return "a GAN of convolutions that draws spots of light, measured by their brightness, place and width";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        Rng rng = new Rng(settings.seed());
        Layer generator = Dcgan.generator(LATENT, 1, settings.of(32, 8), SIDE, rng);
        Layer discriminator = Dcgan.discriminator(1, settings.of(32, 8), SIDE, rng);
        // the paper's rate and momentum: with the usual 0.9 both networks chase each other in circles
        Adam.Options options = new Adam.Options(0.5, 0.999, 1e-8, 0, false);
        var forGenerator = new Adam(generator.parameters(), settings.quick() ? 2e-3 : 2e-4, options);
        var forDiscriminator = new Adam(discriminator.parameters(), settings.quick() ? 2e-3 : 2e-4, options);

        double before = distance(generator);
        int steps = settings.of(1500, 150);
        for (int step = 1; step <= steps; step++) {
            try (var ignored = Scope.open("step")) {
                int n = settings.of(64, 32);
                Tensor real = spots(n, rng);
                Tensor drawn = generator.forward(rng.randn(n, LATENT, 1, 1));
                // detached, for this step changes the discriminator alone
                Tensor told = judged(discriminator, real, 1).add(judged(discriminator, Autograd.detach(drawn), 0));
                forDiscriminator.step(Autograd.gradients(told));

                Tensor fooled = judged(discriminator, drawn, 1);
                forGenerator.step(Autograd.gradients(fooled));
                if (step % Math.max(1, steps / 10) == 0) {
                    settings.report(
                            "step %d: discriminator %.3f, generator %.3f, distance %.3f",
                            step, told.item(), fooled.item(), distance(generator));
                }
            }
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("distance", distance(generator));
        figures.put("distance before", before);
        return figures;
    }

    private static Tensor judged(Layer discriminator, Tensor images, double real) {
        Tensor logits = discriminator.forward(images);
        return ENTROPY.of(
                logits,
                Tensor.full(
                        real, logits.dtype(), logits.device(), logits.shape().toArray()));
    }

    /** Images {@code [n, 1, side, side]} on [-1, 1], black but for a round spot. */
    private static Tensor spots(int n, Rng rng) {
        Tensor line = Tensor.arange(SIDE).to(DType.F32).div(SIDE - 1.0);
        Tensor x = rng.rand(n, 1).mul(0.5).add(0.25);
        Tensor y = rng.rand(n, 1).mul(0.5).add(0.25);
        Tensor width = rng.rand(n, 1).mul(0.1).add(0.08);
        Tensor across = line.sub(x).div(width).square();
        Tensor down = line.sub(y).div(width).square();
        Tensor light = across.unsqueeze(1).add(down.unsqueeze(2)).mul(-0.5).exp();
        return light.mul(2).sub(1).unsqueeze(1);
    }

    /** How far drawn spots are from real ones in mean and deviation of their features, in deviations of the real ones. */
    private static double distance(Layer generator) {
        // a stream of its own: how often is measured changes nothing
        Rng rng = new Rng(1);
        generator.eval();
        try (var ignored = Scope.open("distance")) {
            Tensor drawn = features(Autograd.noGrad(() -> generator.forward(rng.randn(512, LATENT, 1, 1))));
            Tensor real = features(spots(512, rng));
            Tensor scale = real.std(0);
            Tensor mean = drawn.mean(0).sub(real.mean(0)).div(scale).square();
            Tensor deviation = drawn.std(0).sub(scale).div(scale).square();
            return mean.add(deviation).sum().sqrt().item();
        } finally {
            generator.train();
        }
    }

    /** Brightness, place of the centre and squared width, {@code [n, 4]}. */
    private static Tensor features(Tensor images) {
        Tensor light = images.squeeze(1).add(1).mul(0.5).clamp(0.0, 1.0);
        Tensor line = Tensor.arange(SIDE).to(DType.F32).div(SIDE - 1.0);
        Tensor sum = light.sum(1, 2).add(1e-6);
        Tensor x = light.sum(1).mul(line).sum(1).div(sum);
        Tensor y = light.sum(2).mul(line).sum(1).div(sum);
        Tensor spread = light.sum(1).mul(line.square()).sum(1).div(sum).sub(x.square());
        return Tensor.stack(1, sum, x, y, spread);
    }
}
