package dev.lanewise.examples.onnx;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.Output;
import dev.lanewise.nn.io.Npy;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.Tensor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise onnx run}. */
@Command(name = "run", description = "Run a model on arrays in NumPy's format.")
final class RunCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The model.")
    private Path file;

    @Option(names = "--input", paramLabel = "NAME=FILE.npy", description = "An input; repeat for each.")
    private Map<String, Path> inputs = new LinkedHashMap<>();

    @Option(names = "--output", paramLabel = "DIR", description = "Where to write each output as NAME.npy.")
    private @Nullable Path output;

    RunCommand() {}

    @Override
    public Integer call() {
        OnnxModel model = OnnxModel.load(file);
        model.eval();
        Map<String, Tensor> arguments = new LinkedHashMap<>();
        inputs.forEach((name, path) -> arguments.put(name, Npy.read(path).toTensor()));
        Map<String, Tensor> results = Autograd.noGrad(() -> model.forward(arguments));
        Path folder = output;
        PrintWriter out = spec.commandLine().getOut();
        results.forEach((name, tensor) -> {
            out.println(Output.oneLine(name) + ": " + tensor);
            if (folder != null) {
                Npy.write(folder.resolve(name.replaceAll("[^A-Za-z0-9._-]", "_") + ".npy"), TensorData.of(tensor));
            }
        });
        out.flush();
        return 0;
    }
}
