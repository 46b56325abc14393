package dev.lanewise.examples.train.segment;

import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Segmentation;
import dev.lanewise.nn.models.UNet;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Says for each pixel of an image what it belongs to (U-Net), on shapes that it draws itself or on a folder of images and masks. */
public final class Segmenter implements ReferenceModel {
    private static final String NAME = "segmentation";
    private static final String CLASSES = "classes";
    private static final int SIDE = 64;
    private static final int WIDTH = 8;
    private static final int DEPTH = 3;
    private static final int TRAIN = 1000;
    private static final int TEST = 200;

    @Override
    public String id() {
        return "segmentation";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return new Recipe(10, 8, OptimizerKind.ADAM, 5e-3);
    }

    @Override
    public Task prepare(Setup setup) {
        Optional<Path> folder = setup.synthetic()
                ? Optional.empty()
                : setup.home().find(NAME, "the folders 'images' and 'masks'", MaskFolder::isAt);
        if (folder.isEmpty()) {
            Card card = new Card(id()).with(CLASSES, ShapeImages.CLASSES);
            return new Task(card, new ShapeImages(1, TRAIN, SIDE), new ShapeImages(2, TEST, SIDE));
        }
        MaskFolder masks = MaskFolder.read(folder.get(), SIDE);
        List<String> names =
                masks.levels().stream().map(level -> "grey " + level).toList();
        return new Task(new Card(id()).with(CLASSES, names), masks.part(false), masks.part(true));
    }

    @Override
    public Layer network(Card card) {
        return new UNet(3, card.list(CLASSES).size(), WIDTH, DEPTH, Rng.global());
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.zeros(2, 3, SIDE, SIDE);
    }

    @Override
    public Trainer trainer(Parts parts) {
        return new Trainer(parts.network(), new CrossEntropyLoss(), parts.optimizer())
                .schedule(Schedule.oneCycle(parts.optimizer().rate(), parts.steps()))
                .validation(parts.test(), () -> new Segmentation(parts.card().list(CLASSES)));
    }

    @Override
    public String head() {
        return "head.";
    }

    /** An image; the answer says which part of it belongs to each class. */
    @Override
    public List<Answer> predict(Card card, Layer network, String input) {
        List<String> classes = card.list(CLASSES);
        float[] pixels = MaskFolder.pixels(ImageFiles.read(Path.of(input)), SIDE);
        Tensor predicted = network.forward(Tensor.of(pixels, 1, 3, SIDE, SIDE)).argmax(1);
        double[] shares = predicted
                .flatten()
                .bincount(classes.size())
                .to(DType.F64)
                .div(SIDE * SIDE)
                .toDoubleArray();
        String text = IntStream.range(0, classes.size())
                .mapToObj(i -> String.format(Locale.ROOT, "%s %.1f%%", classes.get(i), 100 * shares[i]))
                .collect(Collectors.joining(", "));
        return List.of(new Answer(input, text, Double.NaN));
    }
}
