package dev.lanewise.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Methods of strings, lists and dicts; those that change a value are refused, as in transformers' sandbox. */
final class Methods {
    private Methods() {}

    static Py.@Nullable Callable find(@Nullable Object v, String name) {
        return switch (v) {
            case String s -> STRING.contains(name) ? a -> string(s, name, a) : missing(name, OTHER_STRING, "a string");
            case Map<?, ?> map -> dict(map, name);
            case List<?> list -> list(list, name);
            case null -> null;
            default -> null;
        };
    }

    private static final List<String> STRING = List.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "startswith",
            "endswith",
            "upper",
            "lower",
            "title",
            "capitalize",
            "replace",
            "join",
            "find",
            "rfind",
            "index",
            "rindex",
            "count",
            "isdigit",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "removeprefix",
            "removesuffix",
            "partition",
            "rpartition",
            "zfill",
            "ljust",
            "rjust",
            "center",
            "format",
            "swapcase",
            "isnumeric",
            "isdecimal",
            "casefold");
    private static final List<String> OTHER_STRING = List.of(
            "encode",
            "expandtabs",
            "format_map",
            "isascii",
            "isidentifier",
            "isprintable",
            "istitle",
            "maketrans",
            "translate");

    /** A method that exists in Python but not here is an error, not an undefined value. */
    private static Py.@Nullable Callable missing(String name, List<String> known, String type) {
        if (known.contains(name)) {
            throw TemplateError.of("the method `" + name + "` of " + type + " is not supported");
        }
        return null;
    }

    private static Py.@Nullable Callable dict(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> a -> pairs(map);
            case "keys" -> a -> new ArrayList<Object>(map.keySet());
            case "values" -> a -> new ArrayList<Object>(map.values());
            case "copy" -> a -> map;
            case "get" ->
                a -> {
                    Object key = a.only("key", "default").need(0, "key");
                    return map.containsKey(key) ? map.get(key) : a.get(1, "default", null);
                };
            default -> missing(name, List.of("pop", "popitem", "update", "clear", "setdefault", "fromkeys"), "a dict");
        };
    }

    static List<Object> pairs(Map<?, ?> map) {
        List<Object> out = new ArrayList<>();
        for (Map.Entry<?, ?> e : map.entrySet()) {
            List<Object> pair = new ArrayList<>();
            pair.add(e.getKey());
            pair.add(e.getValue());
            out.add(new Py.Tuple(pair));
        }
        return out;
    }

    private static Py.@Nullable Callable list(List<?> list, String name) {
        return switch (name) {
            case "index" ->
                a -> {
                    for (int i = 0; i < list.size(); i++) {
                        if (Py.equal(list.get(i), a.need(0, "value"))) {
                            return (long) i;
                        }
                    }
                    throw TemplateError.of("`index`: the value is not in the list");
                };
            case "count" ->
                a -> list.stream().filter(x -> Py.equal(x, a.need(0, "value"))).count();
            case "copy" -> a -> new ArrayList<Object>(list);
            default ->
                missing(
                        name,
                        List.of("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"),
                        "a list");
        };
    }

    private static @Nullable Object string(String s, String name, Arguments a) {
        return switch (name) {
            case "strip" -> Py.strip(s, a.optionalString(0, "chars"), true, true);
            case "lstrip" -> Py.strip(s, a.optionalString(0, "chars"), true, false);
            case "rstrip" -> Py.strip(s, a.optionalString(0, "chars"), false, true);
            case "split" -> split(s, a.optionalString(0, "sep"), a.integer(1, "maxsplit", -1), false);
            case "rsplit" -> split(s, a.optionalString(0, "sep"), a.integer(1, "maxsplit", -1), true);
            case "splitlines" -> splitLines(s, Py.truth(a.get(0, "keepends", false)));
            case "startswith" -> any(a.need(0, "prefix"), s::startsWith);
            case "endswith" -> any(a.need(0, "suffix"), s::endsWith);
            case "upper" -> s.toUpperCase(java.util.Locale.ROOT);
            case "lower", "casefold" -> s.toLowerCase(java.util.Locale.ROOT);
            case "title" -> title(s);
            case "capitalize" -> capitalize(s);
            case "swapcase" -> swapCase(s);
            case "replace" -> replace(s, a.string(0, "old"), a.string(1, "new"), a.integer(2, "count", -1));
            case "join" -> join(s, Py.items(a.need(0, "iterable")));
            case "find" -> position(s, s.indexOf(a.string(0, "sub")));
            case "rfind" -> position(s, s.lastIndexOf(a.string(0, "sub")));
            case "index", "rindex" -> {
                int at = name.equals("index") ? s.indexOf(a.string(0, "sub")) : s.lastIndexOf(a.string(0, "sub"));
                if (at < 0) {
                    throw TemplateError.of("`" + name + "`: the substring is not found");
                }
                yield position(s, at);
            }
            case "count" -> count(s, a.string(0, "sub"));
            case "isdigit", "isnumeric", "isdecimal" -> all(s, Character::isDigit);
            case "isalpha" -> all(s, Character::isLetter);
            case "isalnum" -> all(s, Character::isLetterOrDigit);
            case "isspace" -> all(s, Py::isSpace);
            case "isupper" ->
                !s.equals(s.toLowerCase(java.util.Locale.ROOT)) && s.equals(s.toUpperCase(java.util.Locale.ROOT));
            case "islower" ->
                !s.equals(s.toUpperCase(java.util.Locale.ROOT)) && s.equals(s.toLowerCase(java.util.Locale.ROOT));
            case "removeprefix" ->
                s.startsWith(a.string(0, "prefix"))
                        ? s.substring(a.string(0, "prefix").length())
                        : s;
            case "removesuffix" ->
                s.endsWith(a.string(0, "suffix"))
                        ? s.substring(0, s.length() - a.string(0, "suffix").length())
                        : s;
            case "partition", "rpartition" -> partition(s, a.string(0, "sep"), name.equals("partition"));
            case "zfill" -> pad(s, a.integer(0, "width", 0), "0", 1);
            case "ljust" -> pad(s, a.integer(0, "width", 0), " ", -1);
            case "rjust" -> pad(s, a.integer(0, "width", 0), " ", 1);
            case "center" -> pad(s, a.integer(0, "width", 0), " ", 0);
            default -> format(s, a);
        };
    }

    private interface Condition {
        boolean test(String part);
    }

    private static boolean any(@Nullable Object parts, Condition condition) {
        if (parts instanceof String part) {
            return condition.test(part);
        }
        if (parts instanceof Py.Tuple tuple) {
            return tuple.stream().anyMatch(part -> condition.test(Py.str(part)));
        }
        throw parts instanceof Py.Undefined u
                ? u.error()
                : TemplateError.of("`startswith` or `endswith` of " + Py.type(parts));
    }

    private static boolean all(String s, java.util.function.IntPredicate condition) {
        return !s.isEmpty() && s.codePoints().allMatch(condition);
    }

    private static long position(String s, int at) {
        return at < 0 ? -1 : s.codePointCount(0, at);
    }

    static List<Object> split(String s, @Nullable String separator, long most, boolean fromRight) {
        List<Object> out = new ArrayList<>();
        if (separator != null && separator.isEmpty()) {
            throw TemplateError.of("`split` at an empty string");
        }
        String rest = separator == null ? Py.strip(s, null, true, true) : s;
        if (separator == null && rest.isEmpty()) {
            return out;
        }
        while (most < 0 || out.size() < most) {
            int start = separator == null
                    ? space(rest, fromRight)
                    : fromRight ? rest.lastIndexOf(separator) : rest.indexOf(separator);
            if (start < 0) {
                break;
            }
            int length = separator == null ? 1 : separator.length();
            String left = rest.substring(0, start);
            String right = rest.substring(start + length);
            if (separator == null) {
                left = Py.strip(left, null, false, true);
                right = Py.strip(right, null, true, false);
            }
            out.add(fromRight ? right : left);
            rest = fromRight ? left : right;
        }
        out.add(rest);
        return fromRight ? new ArrayList<>(out.reversed()) : out;
    }

    private static int space(String s, boolean fromRight) {
        for (int k = 0; k < s.length(); k++) {
            int i = fromRight ? s.length() - 1 - k : k;
            if (Py.isSpace(s.charAt(i))) {
                return i;
            }
        }
        return -1;
    }

    private static List<Object> splitLines(String s, boolean keepEnds) {
        List<Object> out = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c >= 10 && c <= 13 || c >= 0x1C && c <= 0x1E || c == 0x85 || c == 0x2028 || c == 0x2029) {
                int end = i + (c == '\r' && i + 1 < s.length() && s.charAt(i + 1) == '\n' ? 2 : 1);
                out.add(s.substring(from, keepEnds ? end : i));
                from = end;
                i = end - 1;
            }
        }
        if (from < s.length()) {
            out.add(s.substring(from));
        }
        return out;
    }

    static String replace(String s, String old, String by, long most) {
        if (most < 0) {
            return s.replace(old, by);
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (long i = 0; i < most; i++) {
            int at = s.indexOf(old, from);
            if (at < 0 || old.isEmpty()) {
                break;
            }
            out.append(s, from, at).append(by);
            from = at + old.length();
        }
        return out.append(s.substring(from)).toString();
    }

    static String join(String separator, List<Object> items) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
            if (!(items.get(i) instanceof String s)) {
                throw TemplateError.of("`join` of " + Py.type(items.get(i)));
            }
            out.append(i > 0 ? separator : "").append(s);
        }
        return out.toString();
    }

    private static long count(String s, String part) {
        if (part.isEmpty()) {
            return s.codePointCount(0, s.length()) + 1L;
        }
        long n = 0;
        for (int i = s.indexOf(part); i >= 0; i = s.indexOf(part, i + part.length())) {
            n++;
        }
        return n;
    }

    private static Object partition(String s, String separator, boolean first) {
        int at = first ? s.indexOf(separator) : s.lastIndexOf(separator);
        if (at < 0) {
            return new Py.Tuple(first ? List.of(s, "", "") : List.of("", "", s));
        }
        return new Py.Tuple(List.of(s.substring(0, at), separator, s.substring(at + separator.length())));
    }

    static String capitalize(String s) {
        if (s.isEmpty()) {
            return s;
        }
        int end = s.offsetByCodePoints(0, 1);
        return Character.toString(Character.toTitleCase(s.codePointAt(0)))
                + s.substring(end).toLowerCase(java.util.Locale.ROOT);
    }

    private static String title(String s) {
        StringBuilder out = new StringBuilder();
        boolean inside = false;
        for (int c : s.codePoints().toArray()) {
            out.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inside = Character.isLetter(c);
        }
        return out.toString();
    }

    private static String swapCase(String s) {
        StringBuilder out = new StringBuilder();
        s.codePoints()
                .forEach(c -> out.appendCodePoint(
                        Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c)));
        return out.toString();
    }

    private static String pad(String s, long width, String with, int side) {
        int missing = Math.clamp(width - s.codePointCount(0, s.length()), 0, 100_000);
        if (side == 1 && with.equals("0") && (s.startsWith("-") || s.startsWith("+"))) {
            return s.charAt(0) + with.repeat(missing) + s.substring(1);
        }
        int left = side > 0 ? missing : side < 0 ? 0 : missing / 2 + (missing & (int) width & 1);
        return with.repeat(left) + s + with.repeat(missing - left);
    }

    /** {@code format} with plain fields: {}, {0}, {name}. */
    private static String format(String s, Arguments a) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            boolean twice = i + 1 < s.length() && s.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && twice) {
                out.append(c);
                i++;
            } else if (c == '{') {
                int end = s.indexOf('}', i);
                String field = end < 0 ? "{" : s.substring(i + 1, end);
                if (!field.matches("\\w*")) {
                    throw TemplateError.of("the field `{" + field + "}` of `format` is not supported");
                }
                boolean number = field.isEmpty() || Character.isDigit(field.charAt(0));
                int index = field.isEmpty() ? next++ : number ? Integer.parseInt(field) : Integer.MAX_VALUE;
                out.append(Py.str(a.need(index, number ? "" : field)));
                i = end;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
