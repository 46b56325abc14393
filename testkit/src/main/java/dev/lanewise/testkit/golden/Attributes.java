package dev.lanewise.testkit.golden;

import java.util.List;
import java.util.Map;

/**
 * The attributes of a case, by PyTorch's names. Every getter throws {@link IllegalArgumentException} where the
 * attribute is missing or of another type.
 *
 * @param values {@code Long}, {@code Double}, {@code Boolean}, {@code String} or lists of them
 */
public record Attributes(Map<String, Object> values) {
    /** Copies the values. */
    public Attributes {
        values = Map.copyOf(values);
    }

    /**
     * Whether there is such an attribute.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /**
     * A number.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public double number(String name) {
        return get(name, Number.class).doubleValue();
    }

    /**
     * A number, or a default if there is no such attribute.
     *
     * @param name the name of the attribute
     * @param otherwise the default
     * @return the attribute
     */
    public double number(String name, double otherwise) {
        return has(name) ? number(name) : otherwise;
    }

    /**
     * A whole number.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public long integer(String name) {
        return get(name, Long.class);
    }

    /**
     * A dimension or another small whole number.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public int dim(String name) {
        return Math.toIntExact(integer(name));
    }

    /**
     * A truth value.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public boolean flag(String name) {
        return get(name, Boolean.class);
    }

    /**
     * A truth value, or false if there is no such attribute.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public boolean flagOrFalse(String name) {
        return has(name) && flag(name);
    }

    /**
     * A text.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public String text(String name) {
        return get(name, String.class);
    }

    /**
     * Whole numbers; a single one counts as a list of one.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public long[] integers(String name) {
        return numbers(name).stream().mapToLong(Number::longValue).toArray();
    }

    /**
     * Dimensions; a single one counts as a list of one.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public int[] dims(String name) {
        return numbers(name).stream().mapToInt(Number::intValue).toArray();
    }

    /**
     * Numbers; a single one counts as a list of one.
     *
     * @param name the name of the attribute
     * @return the attribute
     */
    public List<Number> numbers(String name) {
        Object value = get(name, Object.class);
        List<?> list = value instanceof List<?> several ? several : List.of(value);
        return list.stream().map(Number.class::cast).toList();
    }

    private <T> T get(String name, Class<T> type) {
        Object value = values.get(name);
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException(
                    "attribute '" + name + "' is " + value + " (expected a " + type.getSimpleName() + ") in " + values);
        }
        return type.cast(value);
    }
}
