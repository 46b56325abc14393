package dev.lanewise.examples.train.image;

import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.image.ImageSplit;
import dev.lanewise.nn.data.image.Mnist;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * Networks for MNIST's digits.
 *
 * @param rates how the learning rate changes: one cycle for {@code mnist-cnn}, which reaches only 98.98% with a
 *     constant 1e-3; for the others a constant one suffices
 */
public record DigitImages(String id, Supplier<Layer> network, Recipe recipe, Rates rates) implements ReferenceModel {
    public static final DigitImages MLP =
            new DigitImages("mnist-mlp", MnistModels::mlp, new Recipe(10, 128, OptimizerKind.SGD, 0.1), Rates.CONSTANT);
    public static final DigitImages LENET = new DigitImages(
            "mnist-lenet", MnistModels::lenet5, new Recipe(3, 64, OptimizerKind.ADAM, 2e-3), Rates.CONSTANT);
    public static final DigitImages CNN = new DigitImages(
            "mnist-cnn", MnistModels::cnn, new Recipe(5, 128, OptimizerKind.ADAM, 2e-3), Schedule::oneCycle);

    /** Makes a schedule of a recipe's rate and the number of steps in all epochs. */
    @FunctionalInterface
    interface Rates {
        Rates CONSTANT = (rate, steps) -> Schedule.constant(rate);

        Schedule of(double rate, long steps);
    }

    @Override
    public Recipe recipe(Setup setup) {
        return recipe;
    }

    @Override
    public Task prepare(Setup setup) {
        ImageSplit split = setup.synthetic()
                ? Mnist.synthetic(
                        Mnist.SYNTHETIC_SEED,
                        setup.chosen(Mnist.SYNTHETIC_TRAIN, true),
                        setup.chosen(Mnist.SYNTHETIC_TEST, false))
                : Mnist.load(setup.home(), setup.progress()::download, setup.progress()::notice);
        List<String> classes = split.train().classes();
        return new Task(
                new Card(id).with("classes", classes), Images.dataset(split.train()), Images.dataset(split.test()));
    }

    @Override
    public Layer network(Card card) {
        return network.get();
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.zeros(2, 1, Mnist.SIDE, Mnist.SIDE);
    }

    @Override
    public Trainer trainer(Parts parts) {
        return new Trainer(parts.network(), new CrossEntropyLoss(), parts.optimizer())
                .schedule(rates.of(parts.optimizer().rate(), parts.steps()))
                .validation(parts.test(), () -> new Classification(parts.card().list("classes")));
    }

    /** An image of a digit; MNIST's are white on black, so one on a light ground is inverted. */
    @Override
    public List<Answer> predict(Card card, Layer model, String input) {
        Image image = ImageFiles.read(Path.of(input)).resize(Mnist.SIDE, Mnist.SIDE);
        Tensor grey = Images.tensor(image).mean(1, Keep.KEEP);
        Tensor ink = grey.mean().item() > 0.5 ? grey.neg().add(1) : grey;
        return Answer.classes(List.of(input), model.forward(ink), card.list("classes"));
    }
}
