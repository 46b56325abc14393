package dev.lanewise.examples.train;

import dev.lanewise.nn.data.DataHome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise train MODEL}. */
@Command(name = "train", description = "Train a reference model.", sortOptions = false)
public final class TrainCommand implements Callable<Integer> {
    /** The encoders of the text classifier. */
    public enum Encoder {
        /** The mean of the words' vectors. */
        MEAN,
        /** An LSTM that reads them. */
        LSTM
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            description = "linear-regression, mnist-mlp, mnist-lenet, mnist-cnn, cifar-resnet18, image-folder,"
                    + " text-classifier, tabular, char-gpt, recommender or segmentation.")
    private String model = "";

    @Option(
            names = "--data",
            paramLabel = "DIR|synthetic",
            description =
                    "Folder with the data set (image-folder: class folders; segmentation: folders 'images' and 'masks';"
                            + " tabular: or a CSV file; char-gpt: or a text file; recommender: or MovieLens's ratings),"
                            + " or 'synthetic' for the embedded stand-in. Default: LANEWISE_DATA, the user's cache, a"
                            + " download, the stand-in, in this order.")
    private @Nullable String data;

    @Option(names = "--epochs", paramLabel = "N", description = "How often to go through the data.")
    private @Nullable Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Samples per step.")
    private @Nullable Integer batch;

    @Option(names = "--limit", paramLabel = "N", description = "Train on N samples and test on a fifth as many.")
    private @Nullable Integer limit;

    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "Learning rate; the greatest one if it follows one cycle over the epochs: mnist-cnn,"
                    + " cifar-resnet18, image-folder, tabular, char-gpt and segmentation.")
    private @Nullable Double rate;

    @Option(names = "--optimizer", paramLabel = "NAME", description = "sgd (momentum 0.9), adam or adamw.")
    private @Nullable OptimizerKind optimizer;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    @Mixin
    private DistributedOptions distributed = new DistributedOptions();

    @Option(names = "--seed", paramLabel = "N", description = "Seed of weights and data order. Default: 0.")
    private long seed;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description =
                    "Write weights, training state and what 'predict' needs after each epoch, and when interrupted.")
    private @Nullable Path save;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description =
                    "Continue from a file that --save wrote, up to epoch --epochs; a cycle of rates spans them all.")
    private @Nullable Path resume;

    @Option(
            names = "--load",
            paramLabel = "FILE",
            description =
                    "Start with the weights of a safetensors file, such as torchvision's resnet18 for image-folder.")
    private @Nullable Path load;

    @Option(
            names = "--freeze",
            description = "Train only the last layer (image-folder, cifar-resnet18 and segmentation).")
    private boolean freeze;

    @Option(names = "--encoder", paramLabel = "NAME", description = "text-classifier: mean (default) or lstm.")
    private Encoder encoder = Encoder.MEAN;

    @Option(names = "--logistic", description = "tabular: logistic regression instead of hidden layers.")
    private boolean logistic;

    @Option(names = "--label", paramLabel = "COLUMN", description = "tabular: the column to predict. Default: Churn.")
    private String label = "Churn";

    @Option(names = "--json", description = "Print one JSON object per epoch and nothing else.")
    private boolean json;

    /** Called by the command line. */
    public TrainCommand() {}

    @Override
    public Integer call() {
        ReferenceModel reference = ReferenceModels.find(model)
                .orElseThrow(() -> usage("unknown model '" + model + "' (expected one of "
                        + String.join(", ", ReferenceModels.ids()) + ")"));
        checkUsage(reference);
        try (DistributedOptions.Processes processes = distributed.connect(spec)) {
            Compute on = compute.apply(spec);
            distributed.together(processes, on.device(), all -> train(reference, on, all));
        }
        return 0;
    }

    private void train(ReferenceModel reference, Compute on, DistributedOptions.@Nullable Processes processes) {
        Progress progress = new Progress(
                reference.id(),
                json,
                spec.commandLine().getOut(),
                spec.commandLine().getErr());
        Setup setup = new Setup(
                DataHome.of(data == null ? null : Path.of(data)),
                "synthetic".equals(data),
                seed,
                encoder,
                logistic,
                label,
                limit,
                progress);
        new TrainingRun(reference, setup, recipe(reference.recipe(setup)), on, files(), processes).run();
    }

    private Recipe recipe(Recipe usual) {
        OptimizerKind kind = optimizer == null ? usual.optimizer() : optimizer;
        double usualRate = kind == usual.optimizer() ? usual.rate() : kind.rate;
        return new Recipe(
                epochs == null ? usual.epochs() : epochs,
                batch == null ? usual.batch() : batch,
                kind,
                rate == null ? usualRate : rate);
    }

    private TrainingRun.Weights files() {
        return new TrainingRun.Weights(load, freeze, resume, save);
    }

    private void checkUsage(ReferenceModel reference) {
        positive("--epochs", epochs);
        positive("--batch", batch);
        positive("--limit", limit);
        if (rate != null && !(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
            throw usage("--lr " + rate + " (expected a number above 0)");
        }
        Path folder = save == null ? null : save.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw usage("--save " + save + ": there is no folder " + folder + " (expected one); create it");
        }
        if (save != null && Files.isDirectory(save)) {
            throw usage("--save " + save + ": is a folder (expected a file); name a file inside it");
        }
        if (load != null && resume != null) {
            throw usage("--load and --resume (expected one of them); --resume has the weights already");
        }
        if (freeze && reference.head().isEmpty()) {
            throw usage("--freeze: " + reference.id() + " has no layers worth keeping (expected image-folder,"
                    + " cifar-resnet18 or segmentation)");
        }
        if (freeze && load == null && resume == null) {
            throw usage("--freeze without weights (expected --load FILE or --resume FILE beside it)");
        }
    }

    private void positive(String option, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw usage(option + " " + value + " (expected 1 or more)");
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
