package dev.lanewise.examples.onnx;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.Output;
import dev.lanewise.examples.Usage;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.Progress;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.ReferenceModels;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.TrainCommand;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataHome;
import dev.lanewise.onnx.ExportOptions;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise onnx export}. */
@Command(
        name = "export",
        description = {
            "Write a reference model as an ONNX model, for batches of any size.",
            "The written model is read again and compared with the network."
        })
final class ExportCommand implements Callable<Integer> {
    private static final String INPUT = "input";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model of 'lanewise train'.")
    private String model = "";

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The file to write.")
    private Path out = Path.of("");

    @Option(
            names = "--load",
            paramLabel = "FILE",
            description =
                    "What 'lanewise train --save FILE' wrote; the file FILE.json must be next to it. Without it, the"
                            + " weights are those that training begins with.")
    private @Nullable Path load;

    @Option(names = "--opset", paramLabel = "N", description = "The version of the operators, 17 to 23. Default: 20.")
    private int opset = new ExportOptions().opset();

    ExportCommand() {}

    @Override
    public Integer call() {
        ReferenceModel reference = ReferenceModels.find(model)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "unknown model '" + model + "' (expected one of " + String.join(", ", ReferenceModels.ids())
                                + ")"));
        Usage.check(spec, "--opset", opset, opset >= 17 && opset <= 23, "17 to 23");
        Path weights = load;
        Card card = weights == null ? untrained(reference) : Card.read(weights, reference.id());
        Rng.global().seed(0);
        Layer network = reference.network(card);
        if (weights != null) {
            Checkpoint.loadWeights(weights, network);
        }
        network.eval();
        try (Scope ignored = Scope.open(INPUT)) {
            write(reference, card, network);
        }
        return 0;
    }

    /** What a model for the stand-in data needs in addition to its weights. */
    private Card untrained(ReferenceModel reference) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("without --load the weights are those that training begins with");
        Progress progress = new Progress(reference.id(), true, err, err);
        Setup setup = new Setup(DataHome.of(null), true, 0, TrainCommand.Encoder.MEAN, false, "Churn", 1, progress);
        return reference.prepare(setup).card();
    }

    private void write(ReferenceModel reference, Card card, Layer network) {
        Tensor example = reference.example(card);
        ExportOptions options = new ExportOptions().opset(opset).dynamicAxes(Map.of(INPUT, reference.openAxes()));
        Onnx.export(network, Map.of(INPUT, example), out, options);
        OnnxModel back = OnnxModel.load(out);
        back.eval();
        Tensor other = Tensor.cat(0, example, example, example);
        double difference = Autograd.noGrad(() ->
                back.forward(other).sub(network.forward(other)).abs().amax().item());
        int nodes =
                back.operators().values().stream().mapToInt(Integer::intValue).sum();
        PrintWriter lines = spec.commandLine().getOut();
        lines.println(Output.oneLine(out.toString()) + ": " + nodes + " nodes, opset " + opset + ", "
                + back.parameterCount() + " parameters" + size()
                + "; read again it differs from the network by at most "
                + String.format(Locale.ROOT, "%.1e", difference));
        lines.flush();
    }

    private String size() {
        try {
            return String.format(Locale.ROOT, ", %.1f MB", Files.size(out) / 1e6);
        } catch (IOException e) {
            return "";
        }
    }
}
