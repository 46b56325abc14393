package dev.lanewise.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a filter, test, method or macro is called with.
 *
 * @param name its name, for errors
 * @param values the positional arguments
 * @param named the others
 */
record Arguments(String name, List<Object> values, Map<String, Object> named) {
    /** An argument by position or name; the given default if it is absent. */
    @Nullable
    Object get(int index, String key, @Nullable Object absent) {
        if (index < values.size()) {
            return values.get(index);
        }
        return named.containsKey(key) ? named.get(key) : absent;
    }

    @Nullable
    Object need(int index, String key) {
        if (index >= values.size() && !named.containsKey(key)) {
            throw TemplateError.of("`" + name + "` needs the argument `" + key + "`");
        }
        return get(index, key, null);
    }

    String string(int index, String key) {
        Object v = need(index, key);
        if (v instanceof String s) {
            return s;
        }
        throw TemplateError.of("`" + name + "` needs a string as `" + key + "`, not " + Py.type(v));
    }

    @Nullable
    String optionalString(int index, String key) {
        return get(index, key, null) == null ? null : string(index, key);
    }

    long integer(int index, String key, long absent) {
        Object v = get(index, key, absent);
        if (v instanceof Long || v instanceof Boolean) {
            return Py.asLong(v);
        }
        throw TemplateError.of("`" + name + "` needs an integer as `" + key + "`, not " + Py.type(v));
    }

    /** Refuses excess and unknown arguments. */
    Arguments only(String... keys) {
        if (values.size() > keys.length) {
            throw TemplateError.of("`" + name + "` takes " + keys.length + " arguments, not " + values.size());
        }
        for (String key : named.keySet()) {
            if (!List.of(keys).contains(key)) {
                throw TemplateError.of("`" + name + "` has no argument `" + key + "`");
            }
        }
        return this;
    }

    /** The same without the first positional arguments. */
    Arguments rest(String newName, int from) {
        return new Arguments(newName, values.subList(Math.min(from, values.size()), values.size()), named);
    }
}
