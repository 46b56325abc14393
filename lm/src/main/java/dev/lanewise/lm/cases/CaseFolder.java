package dev.lanewise.lm.cases;

import dev.lanewise.lm.cases.LmCases.Result;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The parts of a folder of cases. */
final class CaseFolder {
    private static final Map<String, Part> CODE = Map.of(
            "models", new ModelCases(),
            "rope", new RopeCases(),
            "sampling", new SamplingCases(),
            "gguf", new GgufCases(),
            "adapters", new AdapterCases(),
            "quantization", new QuantizationCases(),
            "tokenizers", new TokenizerCases(),
            "chat", new ChatCases(),
            "attributions", new AttributionCases(),
            "parallel", new ParallelCases());

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
        Part code = CODE.get(part);
        if (code == null) {
            unsupported(path, report);
            return;
        }
        report.guarded("", () -> {
            try (Scope ignored = Scope.open(part)) {
                code.run(path, report);
            }
        });
    }

    private static void unsupported(Path path, Report report) {
        report.guarded("", () -> {
            for (Path child : children(path)) {
                report.unsupported(String.valueOf(child.getFileName()), "no code for it yet");
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
