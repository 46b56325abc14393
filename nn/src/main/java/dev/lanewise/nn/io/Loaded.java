package dev.lanewise.nn.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What was loaded into a model, and what was not; all by the model's names.
 *
 * @param loaded the tensors that were overwritten
 * @param missing those that the model has and the state does not; they were left unchanged
 * @param unexpected those that the state has and the model does not
 * @param mismatched those whose shapes differ, with both shapes; they were left unchanged
 */
public record Loaded(List<String> loaded, List<String> missing, List<String> unexpected, List<String> mismatched) {
    /** How many names a message lists. */
    private static final int SHOWN = 8;

    /** Takes copies. */
    public Loaded {
        Objects.requireNonNull(loaded, "loaded");
        Objects.requireNonNull(missing, "missing");
        Objects.requireNonNull(unexpected, "unexpected");
        Objects.requireNonNull(mismatched, "mismatched");
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        mismatched = List.copyOf(mismatched);
    }

    /** {@return whether all of the model was overwritten and nothing of the state was left over} */
    public boolean isComplete() {
        return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty();
    }

    /** {@return what did not match, in one line; empty if everything did} */
    public String problems() {
        List<String> problems = new ArrayList<>();
        add(problems, "missing ", missing);
        add(problems, "unexpected ", unexpected);
        add(problems, "", mismatched);
        return String.join("; ", problems);
    }

    private static void add(List<String> problems, String kind, List<String> names) {
        if (!names.isEmpty()) {
            int shown = Math.min(names.size(), SHOWN);
            String more = names.size() > shown ? " and " + (names.size() - shown) + " more" : "";
            problems.add(kind + String.join(", ", names.subList(0, shown)) + more);
        }
    }

    /** One line: how many were loaded, and what did not match. */
    @Override
    public String toString() {
        return loaded.size() + " loaded" + (isComplete() ? "" : "; " + problems());
    }
}
