package dev.lanewise.examples.onnx;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise onnx verify}. */
@Command(
        name = "verify",
        description = "Compare a model's outputs with the stored ones of its folder (test_data_set_K).")
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The model, NAME/model.onnx.")
    private Path file;

    @Option(names = "--cases", paramLabel = "DIR", description = "The folder of the data sets, by default the model's.")
    private @Nullable Path cases;

    @Option(names = "--json", description = "Print a JSON object for each data set.")
    private boolean json;

    VerifyCommand() {}

    @Override
    public Integer call() {
        Path parent = file.toAbsolutePath().getParent();
        Path folder = cases != null ? cases : parent == null ? file : parent;
        return CasesCommand.run(folder, json, spec.commandLine().getOut());
    }
}
