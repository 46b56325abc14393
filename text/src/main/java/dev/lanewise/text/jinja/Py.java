package dev.lanewise.text.jinja;

import java.math.BigDecimal;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's view of values: null, Boolean, Long, Double, String, List, Map, and what templates add. */
final class Py {
    private Py() {}

    /** A missing value, which supports few operations. */
    record Undefined(String name) {
        TemplateError error() {
            return TemplateError.of("`" + name + "` is undefined");
        }
    }

    /** A list that is written with parentheses. */
    static final class Tuple extends AbstractList<Object> {
        private final List<Object> items;

        Tuple(List<Object> items) {
            this.items = items;
        }

        @Override
        public Object get(int index) {
            return items.get(index);
        }

        @Override
        public int size() {
            return items.size();
        }
    }

    /** Something that can be called. */
    interface Callable {
        @Nullable
        Object call(Arguments arguments);
    }

    static boolean isSpace(int c) {
        return c >= 9 && c <= 13
                || c >= 0x1C && c <= 0x20
                || c == 0x85
                || c == 0xA0
                || c > 0xFF && (Character.isSpaceChar(c) || Character.isWhitespace(c));
    }

    static boolean truth(@Nullable Object v) {
        return switch (v) {
            case null -> false;
            case Boolean b -> b;
            case Long n -> n != 0;
            case Double d -> d != 0;
            case String s -> !s.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Undefined u -> false;
            default -> true;
        };
    }

    static String type(@Nullable Object v) {
        return switch (v) {
            case null -> "None";
            case Boolean b -> "a boolean";
            case Long n -> "an integer";
            case Double d -> "a float";
            case String s -> "a string";
            case Tuple t -> "a tuple";
            case List<?> list -> "a list";
            case Map<?, ?> map -> "a dict";
            case Undefined u -> "undefined `" + u.name + '`';
            case Callable c -> "a function";
            default -> v.getClass().getSimpleName();
        };
    }

    /** {@code str(v)}. */
    static String str(@Nullable Object v) {
        return switch (v) {
            case String s -> s;
            case Undefined u -> "";
            case null -> repr(null);
            default -> repr(v);
        };
    }

    /** {@code repr(v)}. */
    static String repr(@Nullable Object v) {
        StringBuilder out = new StringBuilder();
        repr(v, out, 0);
        return out.toString();
    }

    private static void repr(@Nullable Object v, StringBuilder out, int depth) {
        if (depth > 200) {
            throw TemplateError.of("a value nested deeper than 200");
        }
        switch (v) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case Double d -> out.append(number(d));
            case String s -> quote(s, out);
            case Undefined u -> out.append("Undefined");
            case List<?> list -> {
                boolean tuple = list instanceof Tuple;
                out.append(tuple ? '(' : '[');
                for (int i = 0; i < list.size(); i++) {
                    out.append(i > 0 ? ", " : "");
                    repr(list.get(i), out, depth + 1);
                }
                out.append(tuple ? list.size() == 1 ? ",)" : ")" : "]");
            }
            case Map<?, ?> map -> {
                out.append('{');
                String separator = "";
                for (Map.Entry<?, ?> e : map.entrySet()) {
                    out.append(separator);
                    repr(e.getKey(), out, depth + 1);
                    out.append(": ");
                    repr(e.getValue(), out, depth + 1);
                    separator = ", ";
                }
                out.append('}');
            }
            case Long n -> out.append(n.longValue());
            default -> throw TemplateError.of("cannot write " + type(v));
        }
    }

    private static void quote(String s, StringBuilder out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        s.codePoints().forEach(c -> {
            if (c == quote || c == '\\') {
                out.append('\\').appendCodePoint(c);
            } else if (c == '\n' || c == '\r' || c == '\t') {
                out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
            } else if (printable(c)) {
                out.appendCodePoint(c);
            } else {
                out.append(
                        c < 0x100
                                ? "\\x%02x".formatted(c)
                                : c < 0x10000 ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c));
            }
        });
        out.append(quote);
    }

    private static boolean printable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** A float as Python writes it: the shortest digits, with an exponent from 1e16 on and below 0.0001. */
    static String number(double d) {
        if (Double.isNaN(d) || Double.isInfinite(d)) {
            return Double.isNaN(d) ? "nan" : d > 0 ? "inf" : "-inf";
        }
        if (d == 0) {
            return 1 / d < 0 ? "-0.0" : "0.0";
        }
        BigDecimal exact = new BigDecimal(Double.toString(Math.abs(d))).stripTrailingZeros();
        String digits = exact.unscaledValue().toString();
        int exponent = digits.length() - exact.scale() - 1;
        String sign = d < 0 ? "-" : "";
        if (exponent >= -4 && exponent < 16) {
            String plain = exact.toPlainString();
            return sign + plain + (plain.contains(".") ? "" : ".0");
        }
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+")
                + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** The items that iterating over a value gives. */
    @SuppressWarnings("unchecked")
    static List<Object> items(@Nullable Object v) {
        return switch (v) {
            case List<?> list -> (List<Object>) list;
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case String s -> {
                Operators.checkItems(s.length());
                List<Object> out = new ArrayList<>();
                s.codePoints().forEach(c -> out.add(Character.toString(c)));
                yield out;
            }
            case Undefined u -> List.of();
            case null -> throw TemplateError.of(type(v) + " cannot be iterated over");
            default -> throw TemplateError.of(type(v) + " cannot be iterated over");
        };
    }

    static boolean equal(@Nullable Object a, @Nullable Object b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double ? asDouble(a) == asDouble(b) : asLong(a) == asLong(b);
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (x.size() != y.size() || x instanceof Tuple != y instanceof Tuple) {
                return false;
            }
            for (int i = 0; i < x.size(); i++) {
                if (!equal(x.get(i), y.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return x.size() == y.size()
                    && x.entrySet().stream()
                            .allMatch(e -> y.containsKey(e.getKey()) && equal(e.getValue(), y.get(e.getKey())));
        }
        return a.equals(b);
    }

    static boolean isNumber(@Nullable Object v) {
        return v instanceof Long || v instanceof Double || v instanceof Boolean;
    }

    static double asDouble(Object v) {
        return v instanceof Double d ? d : asLong(v);
    }

    static long asLong(Object v) {
        return v instanceof Boolean b ? b ? 1 : 0 : (Long) v;
    }

    /** Less than, equal, greater: -1, 0, 1. */
    static int compare(@Nullable Object a, @Nullable Object b) {
        if (isNumber(a) && isNumber(b) && a != null && b != null) {
            return a instanceof Double || b instanceof Double
                    ? ordered(asDouble(a), asDouble(b))
                    : Long.compare(asLong(a), asLong(b));
        }
        if (a instanceof String x && b instanceof String y) {
            return Integer.signum(compareCodePoints(x, y));
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!equal(x.get(i), y.get(i))) {
                    return compare(x.get(i), y.get(i));
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        throw a instanceof Undefined u
                ? u.error()
                : b instanceof Undefined u
                        ? u.error()
                        : TemplateError.of("cannot order " + type(a) + " and " + type(b));
    }

    /** Zeros are equal, whatever their sign. */
    private static int ordered(double a, double b) {
        return a < b ? -1 : a > b ? 1 : 0;
    }

    private static int compareCodePoints(String a, String b) {
        int[] x = a.codePoints().toArray();
        int[] y = b.codePoints().toArray();
        return java.util.Arrays.compare(x, y);
    }

    static boolean contains(@Nullable Object container, @Nullable Object item) {
        return switch (container) {
            case String s -> {
                if (item instanceof String part) {
                    yield s.contains(part);
                }
                throw TemplateError.of("`in` a string needs a string, not " + type(item));
            }
            case Map<?, ?> map -> item != null && map.containsKey(item) || item == null && map.containsKey(null);
            case List<?> list -> list.stream().anyMatch(x -> equal(x, item));
            case Undefined u -> false;
            case null -> throw TemplateError.of("`in` does not work on " + type(container));
            default -> throw TemplateError.of("`in` does not work on " + type(container));
        };
    }

    /** Python's slices, of texts by code points. */
    static Object slice(Object v, @Nullable Long start, @Nullable Long stop, @Nullable Long step) {
        long by = step == null ? 1 : step;
        if (by == 0) {
            throw TemplateError.of("a slice with step 0");
        }
        List<Object> items = v instanceof String || v instanceof List ? items(v) : List.of();
        if (!(v instanceof String) && !(v instanceof List)) {
            throw v instanceof Undefined u ? u.error() : TemplateError.of("a slice of " + type(v));
        }
        int n = items.size();
        // a longer step ends the slice just the same
        by = Math.clamp(by, -n - 1L, n + 1L);
        long from = bound(start, by > 0 ? 0 : n - 1L, n, by);
        long to = bound(stop, by > 0 ? n : -1L, n, by);
        List<Object> out = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            out.add(items.get((int) i));
        }
        if (v instanceof String) {
            StringBuilder text = new StringBuilder();
            out.forEach(text::append);
            return text.toString();
        }
        return v instanceof Tuple ? new Tuple(out) : out;
    }

    private static long bound(@Nullable Long value, long absent, int n, long step) {
        if (value == null) {
            return absent;
        }
        long v = value < 0 ? value + n : value;
        return step > 0 ? Math.clamp(v, 0, n) : Math.clamp(v, -1, n - 1L);
    }

    /** Removes characters at the ends: those given, or white space. */
    static String strip(String s, @Nullable String chars, boolean left, boolean right) {
        int[] cps = s.codePoints().toArray();
        int start = 0;
        int end = cps.length;
        while (left && start < end && strips(cps[start], chars)) {
            start++;
        }
        while (right && end > start && strips(cps[end - 1], chars)) {
            end--;
        }
        return new String(cps, start, end - start);
    }

    private static boolean strips(int c, @Nullable String chars) {
        return chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
    }
}
