package dev.lanewise.examples.generative;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.data.*;
import dev.lanewise.nn.data.image.*;
import dev.lanewise.nn.loss.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * A variational autoencoder (Kingma and Welling 2013, arXiv:1312.6114): an encoder says in which region of a small space an image
 * lies, a decoder draws an image of a point there. Its loss is a bound on how many nats it takes to describe an image: those of
 * the pixels, given the point, and those of the point (the divergence of its region from a standard normal one), which is why
 * points drawn from a standard normal distribution look like digits as well.
 */
public final class Vae implements Example {
    private static final int PIXELS = Mnist.SIDE * Mnist.SIDE;
    private static final int LATENT = 8;
    private static final Loss NATS = Losses.binaryCrossEntropyWithLogits(Reduction.SUM);

    /** Encoder and decoder. */
    static final class Model extends Layer {
        private final Layer encoder;
        private final Layer decoder;
        private final Rng rng;

        Model(int hidden, Rng rng) {
            this.rng = random(rng);
            encoder = child(
                    "encoder",
                    new Sequential(new Linear(PIXELS, hidden, rng), new ReLU(), new Linear(hidden, 2 * LATENT, rng)));
            decoder = child(
                    "decoder",
                    new Sequential(new Linear(LATENT, hidden, rng), new ReLU(), new Linear(hidden, PIXELS, rng)));
        }

        /** The bound of a batch {@code [n, pixels]}, summed over its images, in nats. */
        Tensor bound(Tensor images) {
            return called(() -> {
                List<Tensor> region = encoder.forward(images).split(LATENT, 1);
                Tensor mean = region.get(0);
                Tensor logVariance = region.get(1);
                // noise times deviation: the gradient reaches the deviation, which it could not through a draw
                Tensor point = mean.add(logVariance.mul(0.5).exp().mul(mean.randnLike(rng)));
                Tensor pixels = NATS.of(decoder.forward(point), images);
                Tensor divergence = mean.square()
                        .add(logVariance.exp())
                        .sub(logVariance)
                        .sub(1)
                        .sum()
                        .mul(0.5);
                return pixels.add(divergence);
            });
        }

        /** Images of random points, with values on [0, 1]. */
        Tensor draw(long count) {
            return called(() -> decoder.forward(rng.randn(count, LATENT)).sigmoid());
        }
    }

    @Override
    public String id() {
        return "vae";
    }

    @Override
    public String shows() {
        return "a variational autoencoder of digits, measured in nats per image";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        DataLoader train = digits(1, settings.of(10_000, 1000), settings.seed());
        DataLoader test = digits(2, settings.of(2000, 200), 0);
        Model model = new Model(settings.of(256, 64), new Rng(settings.seed()));
        var optimizer = new Adam(model.parameters(), settings.quick() ? 4e-3 : 1e-3);
        for (int epoch = 1; epoch <= settings.of(20, 6); epoch++) {
            for (Batch batch : train.epoch(epoch)) {
                try (var ignored = Scope.open("step")) {
                    optimizer.step(
                            Autograd.gradients(model.bound(batch.x().flatten(1)).div(batch.size())));
                }
            }
            settings.report("epoch %d: %.1f nats", epoch, nats(model, test));
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("nats", nats(model, test));
        figures.put("nats by the mean image", ofMeanImage(train, test));
        return figures;
    }

    private static DataLoader digits(long seed, int count, long order) {
        return new DataLoader(new ImageDataset(SyntheticDigits.generate(seed, count)), 25, true, order);
    }

    private static double nats(Model model, DataLoader test) {
        double sum = 0;
        long images = 0;
        for (Batch batch : test.epoch(1)) {
            try (var ignored = Scope.open("test")) {
                sum += Autograd.noGrad(() -> model.bound(batch.x().flatten(1))).item();
                images += batch.size();
            }
        }
        return sum / images;
    }

    /** What it takes with a probability of ink for each pixel alone: no model that ignores its point does better. */
    private static double ofMeanImage(DataLoader train, DataLoader test) {
        try (var ignored = Scope.open("mean image")) {
            Tensor mean = Tensor.zeros(PIXELS);
            for (Batch batch : train.epoch(1)) {
                mean = mean.add(batch.x().flatten(1).mean(0).div(train.batches()));
            }
            Tensor likely = mean.clamp(1e-3, 1 - 1e-3);
            double sum = 0;
            for (Batch batch : test.epoch(1)) {
                Tensor x = batch.x().flatten(1);
                Tensor nats =
                        x.mul(likely.log()).add(x.rsub(1).mul(likely.rsub(1).log()));
                sum -= nats.sum(1).mean().item() / test.batches();
            }
            return sum;
        }
    }
}
