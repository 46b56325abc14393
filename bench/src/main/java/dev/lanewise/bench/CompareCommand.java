package dev.lanewise.bench;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise bench compare}. */
@Command(
        name = "compare",
        description = "Print our speed over a peer's, worst first, from lines that --json wrote;"
                + " write the table as Markdown and a chart as PNG.",
        sortOptions = false)
final class CompareCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "OURS.jsonl", description = "Our lines.")
    private Path ours = Path.of("");

    @Parameters(index = "1", paramLabel = "PEER.jsonl", description = "The peer's lines.")
    private Path peer = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "NAME",
            description = "Where to write NAME.md and NAME.png. Default: OURS without its ending.")
    private @Nullable Path out;

    CompareCommand() {}

    @Override
    public Integer call() {
        Comparison comparison = Comparison.of(Measurements.read(ours), Measurements.read(peer));
        Path target = out == null ? withoutEnding(ours) : out;
        report(comparison, target, spec.commandLine().getOut());
        return comparison.rows().isEmpty() ? 1 : 0;
    }

    /** Prints the table, and writes it and its chart. */
    static void report(Comparison comparison, Path target, PrintWriter terminal) {
        if (comparison.rows().isEmpty()) {
            terminal.println("nothing to compare: the two have no work in common");
            terminal.flush();
            return;
        }
        terminal.print(comparison.text());
        Path table = target.resolveSibling(target.getFileName() + ".md");
        try {
            Files.writeString(table, comparison.markdown());
        } catch (IOException e) {
            throw BadFileException.unwritable(table, e);
        }
        Path chart = target.resolveSibling(target.getFileName() + ".png");
        Chart.write(comparison, chart);
        terminal.println("written: " + table + ", " + chart);
        terminal.flush();
    }

    private static Path withoutEnding(Path file) {
        String name = file.getFileName().toString();
        int point = name.lastIndexOf('.');
        return file.resolveSibling(point > 0 ? name.substring(0, point) : name);
    }
}
