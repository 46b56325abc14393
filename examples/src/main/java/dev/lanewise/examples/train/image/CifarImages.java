package dev.lanewise.examples.train.image;

import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.image.Cifar10;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageDataset;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.image.ImageSplit;
import dev.lanewise.nn.data.image.ImageTransform;
import dev.lanewise.nn.data.image.ImageTransforms;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.models.ResNet;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** ResNet-18 for CIFAR-10, its images shifted and mirrored at random while training. */
public final class CifarImages implements ReferenceModel {
    private static final ImageTransform NORMALIZE = ImageTransforms.normalize(Cifar10.mean(), Cifar10.std());
    private static final ImageTransform AUGMENT = ImageTransforms.randomCrop(Cifar10.SIDE, 4)
            .then(ImageTransforms.horizontalFlip(0.5))
            .then(NORMALIZE);

    @Override
    public String id() {
        return "cifar-resnet18";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return new Recipe(10, 128, OptimizerKind.SGD, 0.1);
    }

    @Override
    public Task prepare(Setup setup) {
        ImageSplit split = setup.synthetic()
                ? Cifar10.synthetic(Cifar10.SYNTHETIC_SEED)
                : Cifar10.load(setup.home(), setup.progress()::download, setup.progress()::notice);
        List<String> classes = split.train().classes();
        ImageDataset train = new ImageDataset(split.train(), AUGMENT, setup.seed());
        ImageDataset test = new ImageDataset(split.test(), NORMALIZE, 0);
        Card card = new Card(id()).with("classes", classes);
        return new Task(card, train, test);
    }

    @Override
    public Layer network(Card card) {
        return ResNet.resnet18Cifar(card.list("classes").size(), Rng.global());
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.zeros(2, 3, Cifar10.SIDE, Cifar10.SIDE);
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
        Image image = ImageFiles.read(Path.of(input)).resize(Cifar10.SIDE, Cifar10.SIDE);
        Image normal = NORMALIZE.apply(image, new SplittableRandom(0));
        return Answer.classes(List.of(input), network.forward(Images.tensor(normal)), card.list("classes"));
    }
}
