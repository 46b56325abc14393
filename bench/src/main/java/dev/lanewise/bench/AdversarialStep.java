package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;

/** A step of a discriminator that tells images from a generator's, and one of the generator, as DCGAN trains both. */
final class AdversarialStep implements Runnable {
    private static final Loss LOSS = Losses.binaryCrossEntropyWithLogits(Reduction.MEAN);

    private final Layer generator;
    private final Layer discriminator;
    private final Tensor codes;
    private final Tensor images;
    private final Precision precision;
    private final Optimizer ofGenerator;
    private final Optimizer ofDiscriminator;

    AdversarialStep(Layer generator, Layer discriminator, Tensor codes, Tensor images, Precision precision) {
        this.generator = generator;
        this.discriminator = discriminator;
        this.codes = codes;
        this.images = images;
        this.precision = precision;
        Adam.Options options = new Adam.Options(0.5, 0.999, 1e-8, 0, false);
        ofGenerator = new Adam(generator.parameters(), 2e-4, options);
        ofDiscriminator = new Adam(discriminator.parameters(), 2e-4, options);
    }

    @Override
    public void run() {
        try (var ignored = Scope.open("training step")) {
            Tensor made = precision.run(() -> generator.forward(codes));
            Tensor mistakes = precision.run(() -> {
                Tensor real = discriminator.forward(images);
                Tensor fake = discriminator.forward(Autograd.detach(made));
                return LOSS.of(real, real.onesLike()).add(LOSS.of(fake, fake.zerosLike()));
            });
            ofDiscriminator.step(Autograd.gradients(mistakes));
            Tensor recognized = precision.run(() -> {
                Tensor fake = discriminator.forward(made);
                return LOSS.of(fake, fake.onesLike());
            });
            ofGenerator.step(Autograd.gradients(recognized));
        }
    }
}
