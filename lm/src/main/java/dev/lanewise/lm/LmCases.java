package dev.lanewise.lm;

import dev.lanewise.lm.cases.CaseFolder;
import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a folder of stored cases and compares what Lanewise computes with what PyTorch, transformers and the libraries around
 * them did: models, rotary positions, tokenizers, chat templates, sampling, and what else there is under the names of {@link
 * #PARTS}.
 */
public final class LmCases {
    /** The folders that are looked for, in the order in which they are run. */
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
        /** Everything equals what is stored, or is within the tolerance. */
        PASSED,
        /** Something is not. */
        FAILED,
        /** There is no code for it. */
        UNSUPPORTED,
        /** It could not be computed, or the case could not be read. */
        ERROR
    }

    /**
     * What came of a check.
     *
     * @param id the part, the case, and what is checked: {@code models/qwen3/logits}
     * @param status how it ended
     * @param detail how far it is from what is stored, or what went wrong
     */
    public record Result(String id, Status status, String detail) {}

    /**
     * Runs all cases of a folder.
     *
     * @param folder holds folders of the names in {@link #PARTS}; those that are missing are left out
     * @param only the part to run, or an empty text for all
     * @param each is called with every result as it comes
     * @throws BadFileException if the folder can't be read, or holds nothing to run
     */
    public static void run(Path folder, String only, Consumer<Result> each) {
        CaseFolder.run(folder, only, each);
    }
}
