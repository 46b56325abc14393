package dev.lanewise.examples.page;

import dev.lanewise.examples.JsonLine;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise example NAME}. */
@Command(name = "example", description = "Run an example, or list them all.", sortOptions = false)
public final class ExampleCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "One of the list that the command prints without.")
    private @Nullable String name;

    @Option(names = "--quick", description = "Train a small model for seconds.")
    private boolean quick;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of all random numbers. Default: 0.")
    private long seed;

    @Option(names = "--json", description = "Print one JSON object and nothing else.")
    private boolean json;

    /** Called by the command line. */
    public ExampleCommand() {}

    @Override
    public Integer call() {
        if (name == null) {
            Examples.all().forEach(this::list);
        } else {
            run(Examples.find(name)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(),
                            "unknown example '" + name + "' (expected one of "
                                    + Examples.all().stream().map(Example::id).collect(Collectors.joining(", "))
                                    + ")")));
        }
        return 0;
    }

    private void list(Example example) {
        out().println(
                        json
                                ? JsonLine.of(fields(example, Map.of("shows", example.shows())))
                                : String.format(Locale.ROOT, "%-14s %s", example.id(), example.shows()));
    }

    private void run(Example example) {
        long start = System.nanoTime();
        Map<String, Double> figures = new LinkedHashMap<>(example.run(new Settings(quick, seed, this::progress)));
        figures.put("seconds", (System.nanoTime() - start) / 1e9);
        if (json) {
            out().println(JsonLine.of(fields(example, figures)));
        } else {
            figures.forEach((figure, value) -> out().println(String.format(Locale.ROOT, "%s %.4f", figure, value)));
        }
    }

    private static Map<String, Object> fields(Example example, Map<String, ?> more) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("example", example.id());
        fields.putAll(more);
        return fields;
    }

    private void progress(String line) {
        if (!json) {
            out().println(line);
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
