package dev.lanewise.lm.cases;

import dev.lanewise.lm.cases.LmCases.Result;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The parts of a folder of cases. */
final class CaseFolder {
    private static final Map<String, Part> CODE = Map.ofEntries(
            Map.entry("models", new ModelCases()),
            Map.entry("rope", new RopeCases()),
            Map.entry("sampling", new SamplingCases()),
            Map.entry("gguf", new GgufCases()),
            Map.entry("adapters", new AdapterCases()),
            Map.entry("quantization", new QuantizationCases()),
            Map.entry("tokenizers", new TokenizerCases()),
            Map.entry("chat", new ChatCases()),
            Map.entry("attributions", new AttributionCases()),
            Map.entry("parallel", new ParallelCases()),
            Map.entry("recommenders", new RecommenderCases()));

    private CaseFolder() {}

    /** Checks of one kind. */
    interface Part {
        /** Runs the cases in a folder of the part. */
        void run(Path folder, Report report) throws IOException;
    }

    /** Runs the parts that exist; see {@link LmCases#run}. */
    static void run(Path folder, String only, Consumer<Result> each) {
        if (!only.isEmpty() && !LmCases.PARTS.contains(only)) {
            throw new BadFileException(
                    folder,
                    "the part '" + only + "' asked for",
                    "one of " + String.join(", ", LmCases.PARTS),
                    "name one of them");
        }
        int parts = 0;
        for (String part : LmCases.PARTS) {
            Path path = folder.resolve(part);
            if (Files.isDirectory(path) && (only.isEmpty() || only.equals(part))) {
                parts++;
                run(part, path, new Report(part, each));
            }
        }
        if (parts == 0) {
            throw new BadFileException(
                    folder,
                    "nothing to run",
                    "folders of cases: " + (only.isEmpty() ? String.join(", ", LmCases.PARTS) : only),
                    "check the path");
        }
    }

    private static void run(String part, Path path, Report report) {
        Part code = Objects.requireNonNull(CODE.get(part), part);
        report.guarded("", () -> {
            try (Scope ignored = Scope.open(part)) {
                code.run(path, report);
            }
        });
    }

    /** The content of a folder, ordered by name. */
    static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        }
    }
}
