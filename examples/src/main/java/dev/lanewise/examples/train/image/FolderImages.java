package dev.lanewise.examples.train.image;

import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.DataFiles;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.Split;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageDataset;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.image.ImageTransform;
import dev.lanewise.nn.data.image.ImageTransforms;
import dev.lanewise.nn.data.image.LabeledImages;
import dev.lanewise.nn.data.image.SyntheticShapes;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.models.ResNet;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * ResNet-18 with torchvision's names for a folder of images with a folder for every class, a fifth of them held out.
 * With weights from torchvision ({@code --load}) and {@code --freeze} only the last layer is trained.
 */
public final class FolderImages implements ReferenceModel {
    private static final int SIDE = 64;

    /** A damaged file could declare a side whose image fits into no memory. */
    private static final int MOST_SIDE = 4096;

    private static final int SYNTHETIC_IMAGES = 2000;

    /** The statistics of ImageNet, which torchvision's weights expect. */
    private static final ImageTransform NORMALIZE =
            ImageTransforms.normalize(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

    @Override
    public String id() {
        return "image-folder";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return new Recipe(8, 32, OptimizerKind.ADAM, 1e-3);
    }

    @Override
    public Task prepare(Setup setup) {
        LabeledImages images = read(setup);
        Split split = Split.stratified(images.labels(), 0.2, 0);
        int side = images.width();
        ImageTransform augment = ImageTransforms.randomCrop(side, side / 10)
                .then(ImageTransforms.horizontalFlip(0.5))
                .then(NORMALIZE);
        ImageDataset train = new ImageDataset(images.select(split.train()), augment, setup.seed());
        ImageDataset test = new ImageDataset(images.select(split.test()), NORMALIZE, 0);
        Card card = new Card(id()).with("side", side).with("classes", images.classes());
        return new Task(card, train, test);
    }

    private static LabeledImages read(Setup setup) {
        Optional<Path> place = setup.synthetic() ? Optional.empty() : ImageFolders.find(setup.home());
        if (place.isPresent()) {
            return ImageFolders.read(place.get(), SIDE);
        }
        if (!setup.synthetic()) {
            DataFiles.missing(setup, ImageFolders.NAME + " is not in " + DataHome.VARIABLE);
        }
        return SyntheticShapes.generate(0, SYNTHETIC_IMAGES);
    }

    @Override
    public Layer network(Card card) {
        return ResNet.resnet18(card.list("classes").size(), Rng.global());
    }

    @Override
    public Tensor example(Card card) {
        int side = card.number("side", MOST_SIDE);
        return Tensor.zeros(2, 3, side, side);
    }

    @Override
    public Trainer trainer(Parts parts) {
        return new Trainer(parts.network(), new CrossEntropyLoss(), parts.optimizer())
                .schedule(Schedule.oneCycle(parts.optimizer().rate(), parts.steps()))
                .validation(parts.test(), () -> new Classification(parts.card().list("classes")));
    }

    @Override
    public String head() {
        return "fc.";
    }

    @Override
    public List<Answer> predict(Card card, Layer network, String input) {
        int side = card.number("side", MOST_SIDE);
        Image image = ImageFiles.read(Path.of(input)).resizeAndCenterCrop(side);
        Image normal = NORMALIZE.apply(image, new SplittableRandom(0));
        return Answer.classes(List.of(input), network.forward(Images.tensor(normal)), card.list("classes"));
    }
}
