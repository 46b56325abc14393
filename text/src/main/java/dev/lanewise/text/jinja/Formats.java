package dev.lanewise.text.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** JSON, dates and percent formats as Python writes them. */
final class Formats {
    private Formats() {}

    /** {@code json.dumps} as transformers configures it. */
    static String json(@Nullable Object v, Arguments a) {
        a.only("ensure_ascii", "indent", "separators", "sort_keys");
        Object indent = a.get(1, "indent", null);
        String unit = indent == null
                ? null
                : indent instanceof String s ? s : " ".repeat(Math.clamp(Py.asLong(indent), 0, 100));
        String comma = unit == null ? ", " : ",";
        String colon = ": ";
        if (a.get(2, "separators", null) instanceof List<?> pair && pair.size() == 2) {
            comma = Py.str(pair.get(0));
            colon = Py.str(pair.get(1));
        }
        Writer writer = new Writer(
                Py.truth(a.get(0, "ensure_ascii", false)), unit, comma, colon, Py.truth(a.get(3, "sort_keys", false)));
        writer.write(v, 0);
        return writer.out.toString();
    }

    /** Writes JSON. */
    private static final class Writer {
        private final StringBuilder out = new StringBuilder();
        private final boolean ascii;
        private final @Nullable String indent;
        private final String comma;
        private final String colon;
        private final boolean sorted;

        Writer(boolean ascii, @Nullable String indent, String comma, String colon, boolean sorted) {
            this.ascii = ascii;
            this.indent = indent;
            this.comma = comma;
            this.colon = colon;
            this.sorted = sorted;
        }

        void write(@Nullable Object v, int depth) {
            if (depth > 200) {
                throw TemplateError.of("`tojson` of a value nested deeper than 200");
            }
            switch (v) {
                case null -> out.append("null");
                case Boolean b -> out.append(b.booleanValue());
                case Long n -> out.append(n.longValue());
                case Double d -> out.append(number(d));
                case String s -> string(s);
                case List<?> list -> list(list, depth);
                case Map<?, ?> map -> map(map, depth);
                default -> throw TemplateError.of("`tojson` does not work on " + Py.type(v));
            }
        }

        private static String number(double d) {
            return Double.isNaN(d) ? "NaN" : Double.isInfinite(d) ? d > 0 ? "Infinity" : "-Infinity" : Py.number(d);
        }

        private void line(int depth) {
            if (indent != null) {
                out.append('\n').append(indent.repeat(depth));
            }
        }

        private void list(List<?> list, int depth) {
            if (list.isEmpty()) {
                out.append("[]");
                return;
            }
            out.append('[');
            for (int i = 0; i < list.size(); i++) {
                out.append(i > 0 ? comma : "");
                line(depth + 1);
                write(list.get(i), depth + 1);
            }
            line(depth);
            out.append(']');
        }

        private void map(Map<?, ?> map, int depth) {
            if (map.isEmpty()) {
                out.append("{}");
                return;
            }
            Map<String, Object> entries = sorted ? new TreeMap<>() : new java.util.LinkedHashMap<>();
            map.forEach((key, value) -> entries.put(key(key), value));
            out.append('{');
            String separator = "";
            for (Map.Entry<String, Object> e : entries.entrySet()) {
                out.append(separator);
                line(depth + 1);
                string(e.getKey());
                out.append(colon);
                write(e.getValue(), depth + 1);
                separator = comma;
            }
            line(depth);
            out.append('}');
        }

        private static String key(@Nullable Object key) {
            return switch (key) {
                case null -> "null";
                case String s -> s;
                case Boolean b -> b.toString();
                case Long n -> n.toString();
                case Double d -> number(d);
                default -> throw TemplateError.of("`tojson` of a dict with " + Py.type(key) + " as a key");
            };
        }

        private void string(String s) {
            out.append('"');
            for (int i = 0; i < s.length(); i++) {
                char c = s.charAt(i);
                int simple = "\"\\\n\r\t\b\f".indexOf(c);
                if (simple >= 0) {
                    out.append('\\').append("\"\\nrtbf".charAt(simple));
                } else if (c < ' ' || ascii && c > '~') {
                    out.append("\\u%04x".formatted((int) c));
                } else {
                    out.append(c);
                }
            }
            out.append('"');
        }
    }

    /** {@code strftime}. */
    static String date(String format, ZonedDateTime now) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char code = format.charAt(++i);
            boolean unpadded = code == '-' && i + 1 < format.length();
            if (unpadded) {
                code = format.charAt(++i);
            }
            String part = datePart(code, now);
            out.append(unpadded && part.length() > 1 && part.startsWith("0") ? part.substring(1) : part);
        }
        return out.toString();
    }

    private static String datePart(char code, ZonedDateTime now) {
        String pattern = switch (code) {
            case 'Y' -> "yyyy";
            case 'y' -> "yy";
            case 'm' -> "MM";
            case 'd' -> "dd";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'j' -> "DDD";
            case 'A' -> "EEEE";
            case 'a' -> "EEE";
            case 'B' -> "MMMM";
            case 'b', 'h' -> "MMM";
            case 'p' -> "a";
            case 'f' -> "SSSSSS";
            case 'F' -> "yyyy-MM-dd";
            case 'T' -> "HH:mm:ss";
            case 'D' -> "MM/dd/yy";
            case 'R' -> "HH:mm";
            case 'c' -> "EEE MMM ppd HH:mm:ss yyyy";
            case 'e' -> "ppd";
            case '%' -> "'%'";
            case 'n' -> "'\n'";
            case 't' -> "'\t'";
            // of a time without a zone, which strftime_now's is
            case 'z', 'Z' -> "";
            default -> throw TemplateError.of("the format `%" + code + "` of a date");
        };
        return pattern.isEmpty()
                ? ""
                : DateTimeFormatter.ofPattern(pattern, Locale.US).format(now);
    }

    /** Python's {@code format % values} with %s, %d and %%. */
    static String percent(String format, @Nullable Object values) {
        List<Object> items = new ArrayList<>();
        if (values instanceof Py.Tuple tuple) {
            items.addAll(tuple);
        } else {
            items.add(values);
        }
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            char code = i + 1 < format.length() ? format.charAt(++i) : ' ';
            if (code == '%') {
                out.append('%');
                continue;
            }
            if (next >= items.size()) {
                throw TemplateError.of("more formats than values in `" + format + "`");
            }
            Object v = items.get(next++);
            switch (code) {
                case 's' -> out.append(Py.str(v));
                case 'r' -> out.append(Py.repr(v));
                case 'd' -> out.append(Py.isNumber(v) && v != null ? (long) Py.asDouble(v) : wrong(code, v));
                default -> throw TemplateError.of("the format `%" + code + "`");
            }
        }
        if (next < items.size() && !(values instanceof Map)) {
            throw TemplateError.of("more values than formats in `" + format + "`");
        }
        return out.toString();
    }

    private static long wrong(char code, @Nullable Object v) {
        throw TemplateError.of("the format `%" + code + "` of " + Py.type(v));
    }
}
