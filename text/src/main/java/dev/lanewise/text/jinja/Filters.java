package dev.lanewise.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters: the names that follow {@code |}. */
final class Filters {
    static final List<String> NAMES = List.of(
            "tojson",
            "trim",
            "upper",
            "lower",
            "capitalize",
            "title",
            "join",
            "map",
            "select",
            "reject",
            "selectattr",
            "rejectattr",
            "default",
            "d",
            "length",
            "count",
            "items",
            "first",
            "last",
            "list",
            "string",
            "int",
            "float",
            "sort",
            "unique",
            "dictsort",
            "reverse",
            "replace",
            "indent",
            "round",
            "abs",
            "sum",
            "min",
            "max",
            "batch",
            "attr",
            "format",
            "safe",
            "wordcount",
            "escape",
            "e",
            "center");

    private Filters() {}

    static void check(int line, String name) {
        if (!NAMES.contains(name)) {
            throw TemplateError.at(line, "the filter `" + name + "` is not supported");
        }
    }

    static @Nullable Object apply(String name, @Nullable Object v, Arguments a) {
        return switch (name) {
            case "tojson" -> Formats.json(v, a);
            case "trim" -> Py.strip(Py.str(v), a.optionalString(0, "chars"), true, true);
            case "upper" -> Py.str(v).toUpperCase(Locale.ROOT);
            case "lower" -> Py.str(v).toLowerCase(Locale.ROOT);
            case "capitalize" -> Methods.capitalize(Py.str(v));
            case "title" -> title(Py.str(v));
            case "string" -> Py.str(v);
            case "safe" -> v;
            case "escape", "e" -> escape(Py.str(v));
            case "format" -> Formats.percent(Py.str(v), new Py.Tuple(a.values()));
            case "center" -> call(Py.str(v), "center", a.values().isEmpty() ? List.of(80L) : a.values());
            case "wordcount" -> (long) Methods.split(Py.str(v), null, -1, false).size();
            case "replace" -> Methods.replace(Py.str(v), Py.str(a.need(0, "old")), Py.str(a.need(1, "new")), count(a));
            case "indent" -> indent(Py.str(v), a.only("width", "first", "blank"));
            case "default", "d" -> {
                a.only("default_value", "boolean");
                boolean absent = v instanceof Py.Undefined || Py.truth(a.get(1, "boolean", false)) && !Py.truth(v);
                yield absent ? a.get(0, "default_value", "") : v;
            }
            case "length", "count" -> length(v);
            case "attr" -> attribute(v, a.string(0, "name"));
            case "items" ->
                v instanceof Py.Undefined
                        ? List.of()
                        : v instanceof Map<?, ?> map ? Methods.pairs(map) : wrong(name, v);
            case "int", "float", "round", "abs", "sum" -> number(name, v, a);
            default -> ofList(name, v, a);
        };
    }

    private static Object wrong(String name, @Nullable Object v) {
        throw v instanceof Py.Undefined u
                ? u.error()
                : TemplateError.of("the filter `" + name + "` does not work on " + Py.type(v));
    }

    private static long count(Arguments a) {
        return a.get(2, "count", null) == null ? -1 : a.integer(2, "count", -1);
    }

    private static @Nullable Object call(Object v, String method, List<Object> values) {
        Py.Callable found = Methods.find(v, method);
        return found == null ? null : found.call(new Arguments(method, values, Map.of()));
    }

    private static Object attribute(@Nullable Object v, String name) {
        Object found = v instanceof Map ? null : Operators.attribute(v, name);
        return found == null ? new Py.Undefined(name) : found;
    }

    private static long length(@Nullable Object v) {
        return switch (v) {
            case String s -> s.codePointCount(0, s.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Py.Undefined u -> 0;
            case null -> (Long) wrong("length", v);
            default -> (Long) wrong("length", v);
        };
    }

    /** Capitalizes every word: what follows the start, white space, a hyphen or a bracket. */
    private static String title(String s) {
        StringBuilder out = new StringBuilder();
        boolean start = true;
        for (int c : s.codePoints().toArray()) {
            out.appendCodePoint(start ? Character.toUpperCase(c) : Character.toLowerCase(c));
            start = Py.isSpace(c) || "-([{<".indexOf(c) >= 0;
        }
        return out.toString();
    }

    private static String escape(String s) {
        return s.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static String indent(String s, Arguments a) {
        Object width = a.get(0, "width", 4L);
        String unit = width instanceof String w ? w : " ".repeat(Math.clamp(a.integer(0, "width", 4), 0, 1000));
        boolean blank = Py.truth(a.get(2, "blank", false));
        String[] lines = (s + "\n").split("\n", -1);
        StringBuilder out = new StringBuilder(Py.truth(a.get(1, "first", false)) ? unit : "");
        for (int i = 0; i < lines.length - 1; i++) {
            if (i > 0) {
                out.append('\n').append(lines[i].isEmpty() && !blank ? "" : unit);
            }
            out.append(lines[i]);
        }
        return out.toString();
    }

    private static @Nullable Object number(String name, @Nullable Object v, Arguments a) {
        switch (name) {
            case "int" -> {
                return toInt(v, a);
            }
            case "float" -> {
                try {
                    return Py.isNumber(v) && v != null
                            ? Py.asDouble(v)
                            : Double.parseDouble(Py.str(v).strip());
                } catch (NumberFormatException e) {
                    return a.get(0, "default", 0.0);
                }
            }
            case "abs" -> {
                return Py.compare(v, 0L) < 0 ? Operators.negated(v) : v;
            }
            case "round" -> {
                return round(v, a.only("precision", "method"));
            }
            default -> {
                Object total = a.get(1, "start", 0L);
                Object key = a.get(0, "attribute", null);
                for (Object item : Py.items(v)) {
                    total = Operators.binary("+", total, path(item, key));
                }
                return total;
            }
        }
    }

    private static @Nullable Object toInt(@Nullable Object v, Arguments a) {
        if (Py.isNumber(v) && v != null) {
            return v instanceof Double d ? (Object) (long) d.doubleValue() : (Object) Py.asLong(v);
        }
        String text = Py.str(v).strip().replace("_", "");
        int radix = (int) a.integer(1, "base", 10);
        try {
            return Long.parseLong(text, Math.clamp(radix, 2, 36));
        } catch (NumberFormatException e) {
            try {
                return (long) Double.parseDouble(text);
            } catch (NumberFormatException e2) {
                return a.get(0, "default", 0L);
            }
        }
    }

    private static Object round(@Nullable Object v, Arguments a) {
        if (!Py.isNumber(v) || v == null) {
            return wrong("round", v);
        }
        String method = Py.str(a.get(1, "method", "common"));
        java.math.RoundingMode mode = switch (method) {
            case "common" -> java.math.RoundingMode.HALF_EVEN;
            case "ceil" -> java.math.RoundingMode.CEILING;
            case "floor" -> java.math.RoundingMode.FLOOR;
            default -> throw TemplateError.of("`round` with method `" + method + "`");
        };
        int digits = Math.clamp(a.integer(0, "precision", 0), -300, 300);
        if (!Double.isFinite(Py.asDouble(v))) {
            return v;
        }
        return new java.math.BigDecimal(Py.asDouble(v)).setScale(digits, mode).doubleValue();
    }

    private static @Nullable Object ofList(String name, @Nullable Object v, Arguments a) {
        if (v instanceof String s && name.equals("reverse")) {
            return new StringBuilder(s).reverse().toString();
        }
        if (name.equals("dictsort")) {
            return dictSort(v, a.only("case_sensitive", "by", "reverse"));
        }
        List<Object> items = Py.items(v);
        return switch (name) {
            case "list" -> new ArrayList<>(items);
            case "first" -> items.isEmpty() ? new Py.Undefined("first item of nothing") : items.getFirst();
            case "last" -> items.isEmpty() ? new Py.Undefined("last item of nothing") : items.getLast();
            case "reverse" -> new ArrayList<>(items.reversed());
            case "join" -> join(items, a);
            case "map" -> map(items, a);
            case "select", "reject" -> select(items, null, a, name.equals("select"));
            case "selectattr", "rejectattr" ->
                select(items, a.need(0, "attribute"), a.rest(name, 1), name.equals("selectattr"));
            case "sort" -> sort(items, a.only("reverse", "case_sensitive", "attribute"));
            case "unique" -> unique(items, a.only("case_sensitive", "attribute"));
            case "min", "max" -> extreme(items, a.only("case_sensitive", "attribute"), name.equals("max"));
            case "batch" -> batch(items, a);
            default -> throw TemplateError.of("the filter `" + name + "` is not supported");
        };
    }

    /** The value at a path such as {@code a.b.0} of an item. */
    static @Nullable Object path(@Nullable Object item, @Nullable Object key) {
        if (key == null) {
            return item;
        }
        if (key instanceof Long) {
            return Operators.item(item, key);
        }
        Object at = item;
        for (String part : Py.str(key).split("\\.", -1)) {
            at = Operators.item(at, part.matches("\\d{1,18}") ? (Object) Long.valueOf(part) : part);
        }
        return at;
    }

    private static String join(List<Object> items, Arguments a) {
        String separator = Py.str(a.only("d", "attribute").get(0, "d", ""));
        Object key = a.get(1, "attribute", null);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
            String text = Py.str(path(items.get(i), key));
            Operators.checkLength(out.length() + separator.length() + (long) text.length());
            out.append(i > 0 ? separator : "").append(text);
        }
        return out.toString();
    }

    private static List<Object> map(List<Object> items, Arguments a) {
        List<Object> out = new ArrayList<>();
        if (a.values().isEmpty() && a.named().containsKey("attribute")) {
            for (Object item : items) {
                Object found = path(item, a.named().get("attribute"));
                boolean absent = found instanceof Py.Undefined && a.named().containsKey("default");
                out.add(absent ? a.named().get("default") : found);
            }
            return out;
        }
        String filter = a.string(0, "filter");
        check(0, filter);
        items.forEach(item -> out.add(apply(filter, item, a.rest(filter, 1))));
        return out;
    }

    private static List<Object> select(List<Object> items, @Nullable Object key, Arguments a, boolean wanted) {
        List<Object> out = new ArrayList<>();
        for (Object item : items) {
            Object v = path(item, key);
            boolean holds = a.values().isEmpty()
                    ? Py.truth(v)
                    : Tests.test(a.string(0, "test"), v, a.rest(a.string(0, "test"), 1));
            if (holds == wanted) {
                out.add(item);
            }
        }
        return out;
    }

    /** Texts are compared without case unless a filter is told otherwise. */
    private static @Nullable Object folded(@Nullable Object v, Arguments a, int index) {
        return v instanceof String s && !Py.truth(a.get(index, "case_sensitive", false))
                ? s.toLowerCase(Locale.ROOT)
                : v;
    }

    private static List<Object> sort(List<Object> items, Arguments a) {
        Object attribute = a.get(2, "attribute", null);
        String[] keys = attribute == null ? new String[0] : Py.str(attribute).split(",", -1);
        Comparator<Object> order = (x, y) -> {
            if (keys.length == 0) {
                return Py.compare(folded(x, a, 1), folded(y, a, 1));
            }
            for (String key : keys) {
                Object p = folded(path(x, key), a, 1);
                Object q = folded(path(y, key), a, 1);
                if (!Py.equal(p, q)) {
                    return Py.compare(p, q);
                }
            }
            return 0;
        };
        List<Object> out = new ArrayList<>(items);
        out.sort(Py.truth(a.get(0, "reverse", false)) ? order.reversed() : order);
        return out;
    }

    private static List<Object> dictSort(@Nullable Object v, Arguments a) {
        if (!(v instanceof Map<?, ?> map)) {
            throw v instanceof Py.Undefined u
                    ? u.error()
                    : TemplateError.of("the filter `dictsort` does not work on " + Py.type(v));
        }
        int part = Py.str(a.get(1, "by", "key")).equals("value") ? 1 : 0;
        List<Object> out = Methods.pairs(map);
        Comparator<Object> order =
                (x, y) -> Py.compare(folded(((List<?>) x).get(part), a, 0), folded(((List<?>) y).get(part), a, 0));
        out.sort(Py.truth(a.get(2, "reverse", false)) ? order.reversed() : order);
        return out;
    }

    private static List<Object> unique(List<Object> items, Arguments a) {
        List<Object> seen = new ArrayList<>();
        List<Object> out = new ArrayList<>();
        for (Object item : items) {
            Object key = folded(path(item, a.get(1, "attribute", null)), a, 0);
            if (seen.stream().noneMatch(s -> Py.equal(s, key))) {
                seen.add(key);
                out.add(item);
            }
        }
        return out;
    }

    private static @Nullable Object extreme(List<Object> items, Arguments a, boolean largest) {
        Object best = new Py.Undefined("no item");
        for (Object item : items) {
            if (best instanceof Py.Undefined) {
                best = item;
                continue;
            }
            Object key = a.get(1, "attribute", null);
            int order = Py.compare(folded(path(item, key), a, 0), folded(path(best, key), a, 0));
            if (largest ? order > 0 : order < 0) {
                best = item;
            }
        }
        return best;
    }

    private static List<Object> batch(List<Object> items, Arguments a) {
        int size = Math.clamp(a.integer(0, "linecount", 1), 1, Integer.MAX_VALUE);
        Object fill = a.get(1, "fill_with", null);
        Operators.checkItems(fill == null ? 0 : size);
        List<Object> out = new ArrayList<>();
        for (int i = 0; i < items.size(); i += size) {
            List<Object> row = new ArrayList<>(items.subList(i, Math.min(items.size(), i + size)));
            while (fill != null && row.size() < size) {
                row.add(fill);
            }
            out.add(row);
        }
        return out;
    }
}
