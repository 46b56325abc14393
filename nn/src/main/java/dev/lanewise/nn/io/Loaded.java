package dev.lanewise.nn.io;

import java.util.ArrayList;
import java.util.List;

/**
 * What was loaded into a model, and what was not; all by the model's names.
 *
 * @param loaded what was overwritten
 * @param missing what the model has and the state does not; it stayed as it was
 * @param unexpected what the state has and the model does not
 * @param mismatched what has other shapes in the two, with both shapes; it stayed as it was
 */
public record Loaded(List<String> loaded, List<String> missing, List<String> unexpected, List<String> mismatched) {
    /** How many names a message lists. */
    private static final int SHOWN = 8;

    /** Takes copies. */
    public Loaded {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        mismatched = List.copyOf(mismatched);
    }

    /** {@return whether all of the model was overwritten and nothing was left over} */
    public boolean isComplete() {
        return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty();
    }

    /** {@return what did not fit, in one line; empty if all did} */
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

    /** One line: how many were loaded, and what did not fit. */
    @Override
    public String toString() {
        return loaded.size() + " loaded" + (isComplete() ? "" : "; " + problems());
    }
}
