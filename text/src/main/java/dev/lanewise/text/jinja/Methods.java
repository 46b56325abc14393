package dev.lanewise.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Methods of strings, lists and dicts; those that change a value are refused, as in transformers' sandbox. */
final class Methods {
    private Methods() {}

    static Py.@Nullable Callable find(@Nullable Object v, String name) {
        return switch (v) {
            case String s -> string(s, name);
            case Map<?, ?> map -> dict(map, name);
            case List<?> list -> list(list, name);
            case null -> null;
            default -> null;
        };
    }

    /** The methods of strings with their arguments. */
    private static final Map<String, List<String>> STRING = Map.ofEntries(
            Map.entry("strip", List.of("chars")),
            Map.entry("lstrip", List.of("chars")),
            Map.entry("rstrip", List.of("chars")),
            Map.entry("split", List.of("sep", "maxsplit")),
            Map.entry("rsplit", List.of("sep", "maxsplit")),
            Map.entry("splitlines", List.of("keepends")),
            Map.entry("startswith", List.of("prefix", "start", "end")),
            Map.entry("endswith", List.of("suffix", "start", "end")),
            Map.entry("upper", List.of()),
            Map.entry("lower", List.of()),
            Map.entry("title", List.of()),
            Map.entry("capitalize", List.of()),
            Map.entry("replace", List.of("old", "new", "count")),
            Map.entry("join", List.of("iterable")),
            Map.entry("find", List.of("sub", "start", "end")),
            Map.entry("rfind", List.of("sub", "start", "end")),
            Map.entry("index", List.of("sub", "start", "end")),
            Map.entry("rindex", List.of("sub", "start", "end")),
            Map.entry("count", List.of("sub", "start", "end")),
            Map.entry("isdigit", List.of()),
            Map.entry("isalpha", List.of()),
            Map.entry("isalnum", List.of()),
            Map.entry("isspace", List.of()),
            Map.entry("isupper", List.of()),
            Map.entry("islower", List.of()),
            Map.entry("removeprefix", List.of("prefix")),
            Map.entry("removesuffix", List.of("suffix")),
            Map.entry("partition", List.of("sep")),
            Map.entry("rpartition", List.of("sep")),
            Map.entry("zfill", List.of("width")),
            Map.entry("ljust", List.of("width", "fillchar")),
            Map.entry("rjust", List.of("width", "fillchar")),
            Map.entry("center", List.of("width", "fillchar")),
            Map.entry("swapcase", List.of()),
            Map.entry("isnumeric", List.of()),
            Map.entry("isdecimal", List.of()),
            Map.entry("casefold", List.of()));

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

    private static Py.@Nullable Callable string(String s, String name) {
        if (name.equals("format")) {
            return a -> format(s, a);
        }
        List<String> known = STRING.get(name);
        return known == null
                ? missing(name, OTHER_STRING, "a string")
                : a -> string(s, name, a.only(known.toArray(String[]::new)));
    }

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
            case "startswith" -> Span.of(s, a).any(a.need(0, "prefix"), String::startsWith);
            case "endswith" -> Span.of(s, a).any(a.need(0, "suffix"), String::endsWith);
            case "upper" -> s.toUpperCase(java.util.Locale.ROOT);
            case "lower", "casefold" -> s.toLowerCase(java.util.Locale.ROOT);
            case "title" -> title(s);
            case "capitalize" -> capitalize(s);
            case "swapcase" -> swapCase(s);
            case "replace" -> replace(s, a.string(0, "old"), a.string(1, "new"), a.integer(2, "count", -1));
            case "join" -> join(s, Py.items(a.need(0, "iterable")));
            case "find", "rfind" -> Span.of(s, a).position(a.string(0, "sub"), name.equals("find"));
            case "index", "rindex" -> {
                long at = Span.of(s, a).position(a.string(0, "sub"), name.equals("index"));
                if (at < 0) {
                    throw TemplateError.of("`" + name + "`: the substring is not found");
                }
                yield at;
            }
            case "count" -> Span.of(s, a).count(a.string(0, "sub"));
            case "isdecimal" -> all(s, Character::isDigit);
            case "isdigit" -> all(s, Methods::isDigit);
            case "isnumeric" -> all(s, Methods::isNumeric);
            case "isalpha" -> all(s, Character::isLetter);
            case "isalnum" -> all(s, c -> Character.isLetter(c) || isNumeric(c));
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
            case "ljust" -> pad(s, a.integer(0, "width", 0), fill(a), -1);
            case "rjust" -> pad(s, a.integer(0, "width", 0), fill(a), 1);
            case "center" -> pad(s, a.integer(0, "width", 0), fill(a), 0);
            default -> throw new IllegalStateException(name);
        };
    }

    /** The part of a string that the arguments {@code start} and {@code end} leave, as Python's slices do. */
    private record Span(String text, long start, boolean beyond) {
        static Span of(String s, Arguments a) {
            int size = s.codePointCount(0, s.length());
            long start = a.get(1, "start", null) == null ? 0 : bound(a.integer(1, "start", 0), size);
            long end = a.get(2, "end", null) == null ? size : Math.min(size, bound(a.integer(2, "end", size), size));
            if (start > end) {
                return new Span("", start, true);
            }
            int from = s.offsetByCodePoints(0, (int) start);
            return new Span(s.substring(from, s.offsetByCodePoints(from, (int) (end - start))), start, false);
        }

        private static long bound(long index, int size) {
            return index < 0 ? Math.max(0, index + size) : index;
        }

        boolean any(@Nullable Object parts, BiPredicate<String, String> condition) {
            if (parts instanceof String part) {
                return !beyond && condition.test(text, part);
            }
            if (parts instanceof Py.Tuple tuple) {
                return !beyond && tuple.stream().anyMatch(part -> condition.test(text, Py.str(part)));
            }
            throw parts instanceof Py.Undefined u
                    ? u.error()
                    : TemplateError.of("`startswith` or `endswith` of " + Py.type(parts));
        }

        long position(String part, boolean first) {
            int at = beyond ? -1 : first ? text.indexOf(part) : text.lastIndexOf(part);
            return at < 0 ? -1 : start + text.codePointCount(0, at);
        }

        long count(String part) {
            return beyond ? 0 : Methods.count(text, part);
        }
    }

    /** Whether a character is a digit, perhaps a raised or an encircled one. */
    @SuppressWarnings("CharacterGetNumericValue") // asked of numbers only, never of letters
    private static boolean isDigit(int c) {
        int value = Character.getNumericValue(c);
        return Character.isDigit(c) || Character.getType(c) == Character.OTHER_NUMBER && value >= 0 && value < 10;
    }

    private static boolean isNumeric(int c) {
        int type = Character.getType(c);
        return Character.isDigit(c) || type == Character.OTHER_NUMBER || type == Character.LETTER_NUMBER;
    }

    private static String fill(Arguments a) {
        String fill = a.get(1, "fillchar", null) == null ? " " : a.string(1, "fillchar");
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw TemplateError.of("`" + a.name() + "` needs one character as `fillchar`");
        }
        return fill;
    }

    private static boolean all(String s, java.util.function.IntPredicate condition) {
        return !s.isEmpty() && s.codePoints().allMatch(condition);
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
        Operators.checkLength(s.length() + by.length() * (most < 0 ? count(s, old) : Math.min(most, count(s, old))));
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
            Operators.checkLength(out.length() + separator.length() + (long) s.length());
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
                if (!field.matches("\\d{0,9}|[A-Za-z_]\\w*")) {
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
