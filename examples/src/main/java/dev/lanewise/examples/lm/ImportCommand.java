package dev.lanewise.examples.lm;

import dev.lanewise.examples.Usage;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm import}. */
@Command(
        name = "import",
        description = {
            "Make a folder in Hugging Face's layout of a BERT that was exported to ONNX by PyTorch.",
            "Sizes are those of the weights; what weights don't say are options."
        })
final class ImportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE.onnx", description = "The exported model.")
    private Path file = Path.of("");

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "Its tokenizer.json, which is copied.")
    private @Nullable Path tokenizer;

    @Option(names = "--heads", required = true, paramLabel = "N", description = "Heads of attention.")
    private int heads;

    @Option(names = "--epsilon", defaultValue = "1e-12", description = "What norms add to variances.")
    private double epsilon;

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "The folder.")
    private Path output = Path.of("");

    ImportCommand() {}

    @Override
    public Integer call() {
        Usage.check(spec, "--heads", heads, heads >= 1, "1 or more");
        Usage.check(spec, "--epsilon", epsilon, epsilon >= 0 && Double.isFinite(epsilon), "0 or more");
        int tensors = new OnnxBert(file, heads, epsilon).write(tokenizer, output);
        PrintWriter out = spec.commandLine().getOut();
        out.println(tensors + " tensors in " + output);
        out.flush();
        return 0;
    }
}
