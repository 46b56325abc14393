package dev.lanewise.lm.cases;

import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Runs a folder of stored cases and compares Lanewise's results with those of PyTorch, transformers and the libraries
 * around them: models, rotary positions, tokenizers, chat templates, sampling, and the other parts named in
 * {@link #PARTS}.
 */
public final class LmCases {
    /** The folders that are searched for, in the order in which they are run. */
    public static final List<String> PARTS = List.of(
            "rope",
            "models",
            "sampling",
            "tokenizers",
            "chat",
            "gguf",
            "adapters",
            "quantization",
            "attributions",
            "parallel",
            "recommenders");

    private LmCases() {}

    /** How a check ended. */
    public enum Status {
        /** Everything equals the stored results, or is within the tolerance. */
        PASSED,
        /** Something differs. */
        FAILED,
        /** It is not supported. */
        UNSUPPORTED,
        /** It could not be computed, or the case could not be read. */
        ERROR
    }

    /**
     * The result of a check.
     *
     * @param id the part, the case, and what is checked: {@code models/qwen3/logits}
     * @param status how it ended
     * @param detail how far it is from the stored results, or what went wrong
     */
    public record Result(String id, Status status, String detail) {
        /** Holds the given values, none of which may be null. */
        public Result {
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(status, "status");
            Objects.requireNonNull(detail, "detail");
        }
    }

    /**
     * Runs all cases of a folder.
     *
     * @param folder a folder with subfolders of the names in {@link #PARTS}; missing ones are skipped
     * @param only the part to run, or an empty text for all
     * @param each called with every result as it becomes available
     * @throws BadFileException if the folder can't be read, or holds nothing to run
     */
    public static void run(Path folder, String only, Consumer<Result> each) {
        Objects.requireNonNull(folder, "folder");
        CaseFolder.run(folder, only, each);
    }
}
