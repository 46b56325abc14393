package dev.lanewise.nn.optim;

import java.util.List;

/**
 * The groups of an optimizer's parameters.
 *
 * @param groups each parameter in one of them
 */
public record ParameterGroups(List<ParameterGroup> groups) {
    /** Copies the list. */
    public ParameterGroups {
        groups = List.copyOf(groups);
    }

    /**
     * The given groups.
     *
     * @param groups one or more; each parameter is in one of them
     * @return the groups
     */
    public static ParameterGroups of(ParameterGroup... groups) {
        return new ParameterGroups(List.of(groups));
    }
}
