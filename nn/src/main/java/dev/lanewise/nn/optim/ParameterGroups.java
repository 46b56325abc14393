package dev.lanewise.nn.optim;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The groups of an optimizer's parameters.
 *
 * @param groups each parameter in one of them
 */
public record ParameterGroups(List<ParameterGroup> groups) {
    /** Copies the list. */
    public ParameterGroups {
        groups = List.copyOf(Objects.requireNonNull(groups, "groups"));
    }

    /**
     * Parameters in the given groups, each with options of its own.
     *
     * @param groups one or more; each parameter is in one of them
     * @return the groups
     */
    public static ParameterGroups of(ParameterGroup... groups) {
        return new ParameterGroups(List.of(Objects.requireNonNull(groups, "groups")));
    }

    /**
     * A model's parameters in groups by their names, for learning rates and weight decays of their own.
     *
     * <pre>{@code
     * var settings = new LinkedHashMap<String, UnaryOperator<ParameterGroup>>();
     * settings.put("backbone\\..*", group -> group.withRateFactor(0.1));
     * settings.put(".*\\.bias", group -> group.withWeightDecay(0));
     * new Adam(ParameterGroups.byName(model, settings), 1e-3, Adam.Options.adamW());
     * }</pre>
     *
     * @param model the model
     * @param settings what holds for names that match a regular expression as a whole; of several that match, the first counts.
     *     Parameters whose names match none are a group without settings
     * @return the groups, those of the settings first
     * @throws TensorException if an expression is not a valid one, or no parameter is left to it
     */
    public static ParameterGroups byName(Layer model, SequencedMap<String, UnaryOperator<ParameterGroup>> settings) {
        Map<String, List<Parameter>> chosen = new LinkedHashMap<>();
        settings.keySet().forEach(pattern -> chosen.put(pattern, new ArrayList<>()));
        Map<String, Pattern> patterns = new LinkedHashMap<>();
        settings.keySet().forEach(pattern -> patterns.put(pattern, compiled(pattern)));
        List<Parameter> others = new ArrayList<>();
        model.namedParameters()
                .forEach((name, parameter) -> patterns.entrySet().stream()
                        .filter(entry -> entry.getValue().matcher(name).matches())
                        .map(entry -> chosen.getOrDefault(entry.getKey(), others))
                        .findFirst()
                        .orElse(others)
                        .add(parameter));
        List<ParameterGroup> groups = new ArrayList<>();
        settings.forEach((pattern, setting) -> {
            List<Parameter> parameters = chosen.getOrDefault(pattern, List.of());
            if (parameters.isEmpty()) {
                throw new TensorException(
                        "parameter groups: '" + pattern + "' decides for no parameter (expected some of "
                                + model.namedParameters().keySet() + "); check the expression, and those before it");
            }
            groups.add(setting.apply(ParameterGroup.of(parameters)));
        });
        groups.add(ParameterGroup.of(others));
        return new ParameterGroups(groups);
    }

    private static Pattern compiled(String pattern) {
        try {
            return Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw new TensorException(
                    "parameter groups: '" + pattern + "' is no regular expression (" + e.getDescription()
                            + "); write a point in a name as \\.",
                    e);
        }
    }
}
