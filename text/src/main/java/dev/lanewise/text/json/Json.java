package dev.lanewise.text.json;

import dev.lanewise.text.TokenizerException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value of a JSON file with the path that leads to it, so that an error names the place.
 *
 * @param value null, a Boolean, Long, Double, String, List or Map
 * @param path its place, such as {@code tokenizer.json: model.vocab}
 */
public record Json(@Nullable Object value, String path) {
    /** What JSON calls this value's type. */
    public String type() {
        return switch (value) {
            case null -> "null";
            case Boolean b -> "a boolean";
            case Long n -> "the integer " + n;
            case Double d -> "the number " + d;
            case String s -> "the string \"" + shortened(s) + '"';
            case List<?> list -> "a list of " + list.size();
            case Map<?, ?> map -> "an object";
            default -> "another value";
        };
    }

    /** Whether it is absent or null. */
    public boolean isNull() {
        return value == null;
    }

    /** The member of that name; a null value if it is absent. */
    public Json get(String name) {
        return new Json(map().get(name), path + '.' + name);
    }

    /** The member of that name, which must be present. */
    public Json need(String name) {
        if (!map().containsKey(name)) {
            throw new TokenizerException(path + ": `" + name + "` is missing");
        }
        return get(name);
    }

    /** The members of an object. */
    @SuppressWarnings("unchecked")
    public Map<String, Object> map() {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw expected("an object");
    }

    /** The values of a list. */
    @SuppressWarnings("unchecked")
    public List<Object> values() {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        throw expected("a list");
    }

    /** The elements of a list, each with its path. */
    public List<Json> list() {
        List<Object> values = values();
        List<Json> out = new ArrayList<>(values.size());
        for (int i = 0; i < values.size(); i++) {
            out.add(new Json(values.get(i), path + '[' + i + ']'));
        }
        return out;
    }

    /** The string it must be. */
    public String string() {
        if (value instanceof String s) {
            return s;
        }
        throw expected("a string");
    }

    /** The string that it is, or null if it is absent. */
    public @Nullable String optionalString() {
        return value == null ? null : string();
    }

    /** The boolean it must be. */
    public boolean bool() {
        if (value instanceof Boolean b) {
            return b;
        }
        throw expected("true or false");
    }

    /** The boolean that it is, or the given default if it is absent. */
    public boolean bool(boolean absent) {
        return value == null ? absent : bool();
    }

    /** The integer from 0 it must be. */
    public int index() {
        if (value instanceof Long n && n >= 0 && n <= Integer.MAX_VALUE) {
            return n.intValue();
        }
        throw expected("an integer from 0 to 2147483647");
    }

    /** The finite number it must be. */
    public double number() {
        if (value instanceof Long n) {
            return n;
        }
        if (value instanceof Double d && Double.isFinite(d)) {
            return d;
        }
        throw expected("a number");
    }

    /** The one code point that its string must be. */
    public int character() {
        String s = string();
        if (s.codePointCount(0, s.length()) != 1) {
            throw expected("one character");
        }
        return s.codePointAt(0);
    }

    /** Refuses an object with members other than those. */
    public void only(Set<String> names) {
        for (String name : map().keySet()) {
            if (!names.contains(name)) {
                throw new TokenizerException(path + ": the member `" + shortened(name) + "` is unknown; known are "
                        + String.join(", ", names.stream().sorted().toList()));
            }
        }
    }

    /** An error that says what was expected here. */
    public TokenizerException expected(String what) {
        return new TokenizerException(path + ": expected " + what + ", found " + type());
    }

    /** An error about this value. */
    public TokenizerException error(String message) {
        return new TokenizerException(path + ": " + message);
    }

    static Map<String, Object> newMap() {
        return new LinkedHashMap<>();
    }

    private static String shortened(String s) {
        String line = s.replace('\n', ' ');
        return line.length() <= 60 ? line : line.substring(0, 60) + "…";
    }
}
