package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Says how a state and a model differ. */
final class StateMismatch {
    /** How many names a message lists. */
    private static final int SHOWN = 8;

    private StateMismatch() {}

    static List<String> problems(Map<String, Tensor> own, Map<String, Tensor> given) {
        TreeSet<String> missing = new TreeSet<>(own.keySet());
        missing.removeAll(given.keySet());
        TreeSet<String> unexpected = new TreeSet<>(given.keySet());
        unexpected.removeAll(own.keySet());
        List<String> differing = new ArrayList<>();
        own.forEach((name, tensor) -> {
            Tensor other = given.get(name);
            if (other != null && !other.shape().equals(tensor.shape())) {
                differing.add(name + " is " + other.shape() + " (expected " + tensor.shape() + ")");
            }
        });
        List<String> problems = new ArrayList<>();
        add(problems, "missing ", List.copyOf(missing));
        add(problems, "unexpected ", List.copyOf(unexpected));
        add(problems, "", differing);
        return problems;
    }

    private static void add(List<String> problems, String kind, List<String> names) {
        if (!names.isEmpty()) {
            int shown = Math.min(names.size(), SHOWN);
            String more = names.size() > shown ? " and " + (names.size() - shown) + " more" : "";
            problems.add(kind + String.join(", ", names.subList(0, shown)) + more);
        }
    }
}
