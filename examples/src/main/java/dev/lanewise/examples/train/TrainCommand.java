package dev.lanewise.examples.train;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Module;
import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.ImageSplit;
import dev.lanewise.nn.data.Mnist;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Backends;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise train MODEL}. */
@Command(name = "train", description = "Train a reference model.", sortOptions = false)
public final class TrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "mnist-mlp or mnist-lenet.")
    private String model = "";

    @Option(
            names = "--data",
            paramLabel = "DIR|synthetic",
            description = "Folder with the data set, or 'synthetic' for the embedded stand-in. Default: LANEWISE_DATA,"
                    + " the user's cache, a download, the stand-in, in this order.")
    private @Nullable String data;

    @Option(names = "--epochs", paramLabel = "N", description = "How often to go through the data.")
    private @Nullable Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Samples a step.")
    private @Nullable Integer batch;

    @Option(names = "--lr", paramLabel = "X", description = "Learning rate.")
    private @Nullable Double rate;

    @Option(names = "--optimizer", paramLabel = "NAME", description = "sgd (momentum 0.9), adam or adamw.")
    private @Nullable OptimizerKind optimizer;

    @Option(names = "--device", paramLabel = "DEVICE", description = "auto, cpu or cuda:N. Default: auto.")
    private String device = "auto";

    @Option(names = "--threads", paramLabel = "N", description = "Threads of the CPU backend. Default: all cores.")
    private @Nullable Integer threads;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of weights and data order. Default: 0.")
    private long seed;

    @Option(names = "--save", paramLabel = "FILE", description = "Write weights and training state after each epoch.")
    private @Nullable Path save;

    @Option(names = "--resume", paramLabel = "FILE", description = "Go on from a file that --save wrote.")
    private @Nullable Path resume;

    @Option(names = "--json", description = "Print one JSON object an epoch and nothing else.")
    private boolean json;

    /** Made by the command line. */
    public TrainCommand() {}

    @Override
    public Integer call() {
        ReferenceModel reference = ReferenceModel.find(model)
                .orElseThrow(() -> usage("unknown model '" + model + "' (expected one of " + ReferenceModel.ids() + ")"));
        checkUsage();
        if (threads != null) {
            System.setProperty("lanewise.threads", Integer.toString(threads));
        }
        Device target = device();
        Rng rng = Rng.global();
        rng.seed(seed);
        Module network = reference.build.get();
        network.to(target);
        OptimizerKind kind = optimizer == null ? reference.optimizer : optimizer;
        double learningRate = rate != null ? rate : kind == reference.optimizer ? reference.rate : kind.rate;
        Optimizer trained = kind.create(network.parameters(), learningRate);
        int start = resume == null ? 0 : Checkpoint.resume(resume, network, trained, rng).epoch();
        Progress progress = new Progress(reference.id, json, spec.commandLine().getOut(), spec.commandLine().getErr());
        ImageSplit split = images(progress);
        DataLoader train = new DataLoader(
                Images.dataset(split.train(), target), batch == null ? reference.batch : batch, true, seed);
        DataLoader test = new DataLoader(Images.dataset(split.test(), target), 1000, false, seed);
        Classification task = new Classification(network, trained, train, test, progress);
        int last = epochs == null ? reference.epochs : epochs;
        for (int epoch = start + 1; epoch <= last; epoch++) {
            task.epoch(epoch, last);
            if (save != null) {
                Checkpoint.save(save, network, trained, rng, new Checkpoint.Position(epoch));
            }
        }
        return 0;
    }

    private void checkUsage() {
        positive("--epochs", epochs);
        positive("--batch", batch);
        positive("--threads", threads);
        if (rate != null && !(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
            throw usage("--lr " + rate + " (expected a number above 0)");
        }
        Path folder = save == null ? null : save.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw usage("--save " + save + ": there is no folder " + folder + " (expected one); create it");
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

    private Device device() {
        if (device.equals("auto")) {
            return Backends.providers().stream()
                    .filter(p -> p.kind() == Device.Kind.CUDA
                            && p.availability() instanceof BackendProvider.Availability.Available)
                    .flatMap(p -> p.devices().stream())
                    .findFirst()
                    .orElse(Device.CPU);
        }
        Device parsed;
        try {
            parsed = Device.parse(device);
        } catch (TensorException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
        Backends.of(parsed);
        return parsed;
    }

    private ImageSplit images(Progress progress) {
        if ("synthetic".equals(data)) {
            return Mnist.synthetic(Mnist.SYNTHETIC_SEED);
        }
        DataHome home = DataHome.of(data == null ? null : Path.of(data));
        return Mnist.load(home, progress::download, progress::notice);
    }
}
