package dev.lanewise.examples.generative;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028): a critic estimates how far what a generator makes is from the data, the
 * generator shortens that distance. The estimate holds if the critic's slope is 1 between both, so a penalty says how far from
 * 1 it is. The slope is a gradient, and the penalty's gradient therefore a second derivative: the first walk through the record
 * is itself recorded ({@link Graph#DIFFERENTIATE}). The data are points around eight places on a circle, of which a GAN without
 * such care forgets some.
 */
public final class WassersteinGan implements Example {
    private static final int MODES = 8;
    private static final int LATENT = 4;
    private static final double DEVIATION = 0.05;
    private static final double PENALTY = 0.1;
    private static final int MEASURED = 256;

    @Override
    public String id() {
        return "wgan-gp";
    }

    @Override
    public String shows() {
        return "a Wasserstein GAN with gradient penalty (second derivatives), measured by the places that it finds";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        Rng rng = new Rng(settings.seed());
        int width = settings.of(128, 32);
        Layer generator = perceptron(LATENT, width, 2, rng);
        Layer critic = perceptron(2, width, 1, rng);
        Adam.Options options = new Adam.Options(0.5, 0.9, 1e-8, 0, false);
        var forGenerator = new Adam(generator.parameters(), settings.quick() ? 3e-3 : 5e-4, options);
        var forCritic = new Adam(critic.parameters(), settings.quick() ? 3e-3 : 5e-4, options);

        double before = measured(generator, rng).getOrDefault("distance", Double.NaN);
        int n = settings.of(256, 64);
        int steps = settings.of(2000, 300);
        for (int step = 1; step <= steps; step++) {
            double last = 0;
            for (int i = 0; i < settings.of(5, 3); i++) {
                try (var ignored = Scope.open("critic")) {
                    Tensor real = points(n, rng);
                    Tensor made = Autograd.noGrad(() -> generator.forward(rng.randn(n, LATENT)));
                    Tensor estimate =
                            critic.forward(real).mean().sub(critic.forward(made).mean());
                    Tensor loss = penalty(critic, real, made, rng).mul(PENALTY).sub(estimate);
                    forCritic.step(Autograd.gradients(loss));
                    last = estimate.item();
                }
            }
            try (var ignored = Scope.open("generator")) {
                Tensor loss = critic.forward(generator.forward(rng.randn(n, LATENT)))
                        .mean()
                        .neg();
                forGenerator.step(Autograd.gradients(loss));
            }
            if (step % Math.max(1, steps / 10) == 0) {
                settings.report("step %d: estimate %.3f, %s", step, last, measured(generator, rng));
            }
        }
        Map<String, Double> figures = new LinkedHashMap<>(measured(generator, rng));
        figures.put("distance before", before);
        return figures;
    }

    private static Layer perceptron(int in, int width, int out, Rng rng) {
        return new Sequential(
                new Linear(in, width, rng),
                Activation.leakyRelu(0.2),
                new Linear(width, width, rng),
                Activation.leakyRelu(0.2),
                new Linear(width, out, rng));
    }

    /** The mean of {@code (slope - 1)^2}, the critic's slope taken at random places between real points and made ones. */
    static Tensor penalty(Layer critic, Tensor real, Tensor made, Rng rng) {
        Tensor share = rng.rand(real.dtype(), real.shape().size(0), 1);
        Tensor between = Autograd.watch(real.mul(share).add(made.mul(share.rsub(1))));
        // a point's result depends on that point alone, so the gradient of the sum holds each point's own
        Tensor results = critic.forward(between).sum();
        Tensor slopes = Autograd.gradients(results, Graph.DIFFERENTIATE).of(between);
        // the norm has no gradient at 0
        Tensor norms = slopes.square().sum(1).add(1e-12).sqrt();
        return norms.sub(1).square().mean();
    }

    private static Tensor points(int n, Rng rng) {
        Tensor angles = rng.randint(0, MODES, n).to(DType.F32).mul(2 * Math.PI / MODES);
        return Tensor.stack(1, angles.cos(), angles.sin()).add(rng.randn(n, 2).mul(DEVIATION));
    }

    /** What is found of the data: places, points that lie at one, and how far both are apart (energy distance). */
    private static Map<String, Double> measured(Layer generator, Rng rng) {
        try (var ignored = Scope.open("measurement")) {
            Tensor made = Autograd.noGrad(() -> generator.forward(rng.randn(MEASURED, LATENT)));
            Tensor angles = Tensor.arange(MODES).to(DType.F32).mul(2 * Math.PI / MODES);
            var nearest =
                    made.cdist(Tensor.stack(1, angles.cos(), angles.sin()), 2).min(1);
            Tensor close = nearest.values().lt(4 * DEVIATION);
            Tensor counts = nearest.indices().maskedSelect(close).bincount(MODES);
            Tensor real = points(MEASURED, rng);
            Tensor apart = made.cdist(real, 2).mean().mul(2);
            Tensor within = made.cdist(made, 2).mean().add(real.cdist(real, 2).mean());
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("places", counts.ge(5L).sum().item());
            figures.put("close", close.to(DType.F32).mean().item());
            figures.put("distance", apart.sub(within).item());
            return figures;
        }
    }
}
