package dev.lanewise.testkit.golden;

import java.util.List;
import java.util.Map;

/**
 * One reference case of an operation; the README next to the cases describes the format.
 *
 * @param id {@code op/NNN}
 * @param op the operation, by PyTorch's name
 * @param inputs the inputs' names, in order
 * @param attributes the operation's attributes
 * @param outputs the outputs' names, in order
 * @param gouts the outputs that get an upstream gradient
 * @param grads the inputs whose gradient is stored
 * @param rtol relative tolerance
 * @param atol absolute tolerance
 */
public record GoldenCase(
        String id,
        String op,
        List<String> inputs,
        Attributes attributes,
        List<String> outputs,
        List<String> gouts,
        List<String> grads,
        double rtol,
        double atol) {
    /** Copies the lists. */
    public GoldenCase {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        gouts = List.copyOf(gouts);
        grads = List.copyOf(grads);
    }

    static List<GoldenCase> list(String json) {
        return ((List<?>) Json.parse(json))
                .stream().map(fields -> read((Map<?, ?>) fields)).toList();
    }

    private static GoldenCase read(Map<?, ?> fields) {
        Attributes all = new Attributes(strings(fields));
        Map<?, ?> attributes = (Map<?, ?>) all.values().getOrDefault("attrs", Map.of());
        return new GoldenCase(
                all.text("id"),
                all.text("op"),
                names(all, "inputs"),
                new Attributes(strings(attributes)),
                names(all, "outputs"),
                names(all, "gouts"),
                names(all, "grads"),
                all.number("rtol"),
                all.number("atol"));
    }

    @SuppressWarnings("unchecked") // JSON's keys are strings
    private static Map<String, Object> strings(Map<?, ?> fields) {
        return (Map<String, Object>) fields;
    }

    private static List<String> names(Attributes all, String field) {
        List<?> names = (List<?>) all.values().getOrDefault(field, List.of());
        return names.stream().map(String.class::cast).toList();
    }
}
