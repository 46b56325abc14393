package dev.lanewise.examples.onnx;

import dev.lanewise.examples.Output;
import dev.lanewise.onnx.ModelInfo;
import dev.lanewise.onnx.OnnxModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise onnx info}. */
@Command(
        name = "info",
        description = "Show a model's inputs, outputs, operators and parameters, and which operators are missing here.")
final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The model.")
    private Path file;

    InfoCommand() {}

    @Override
    public Integer call() {
        ModelInfo info = ModelInfo.read(file);
        PrintWriter out = spec.commandLine().getOut();
        info.opsets()
                .forEach((domain, version) ->
                        row(out, "opset", (domain.isEmpty() ? "ai.onnx" : domain) + " " + version));
        info.inputs().forEach(input -> row(out, "input", input.toString()));
        info.outputs().forEach(output -> row(out, "output", output.toString()));
        if (info.missing().isEmpty()) {
            OnnxModel model = OnnxModel.load(file);
            row(
                    out,
                    "parameters",
                    model.parameterCount() + " in " + model.parameters().size() + " tensors");
        }
        info.operators().forEach((operator, count) -> row(out, "operator", operator + " " + count));
        info.missing().forEach(operator -> row(out, "missing", operator));
        out.flush();
        return 0;
    }

    private static void row(PrintWriter out, String name, String value) {
        out.println(String.format("%-11s %s", name, Output.oneLine(value)));
    }
}
