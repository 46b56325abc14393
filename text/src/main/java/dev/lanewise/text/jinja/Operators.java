package dev.lanewise.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's operators, as far as templates use them. */
final class Operators {
    private static final int LONGEST = 16 << 20;
    private static final int MOST_ITEMS = 1 << 20;

    private Operators() {}

    /** Refuses a text that a template makes too long, with which it could fill the memory. */
    static void checkLength(long characters) {
        if (characters > LONGEST) {
            throw TemplateError.of("makes a text of more than " + LONGEST + " characters");
        }
    }

    /** Refuses a list that a template makes too long. */
    static void checkItems(long items) {
        if (items > MOST_ITEMS) {
            throw TemplateError.of("makes a list of more than " + MOST_ITEMS + " items");
        }
    }

    static Object binary(String operator, @Nullable Object a, @Nullable Object b) {
        if (a instanceof Py.Undefined u) {
            throw u.error();
        }
        if (b instanceof Py.Undefined u) {
            throw u.error();
        }
        if (operator.equals("+") && a instanceof String x && b instanceof String y) {
            checkLength(x.length() + (long) y.length());
            return x + y;
        }
        if (operator.equals("+")
                && a instanceof List<?> x
                && b instanceof List<?> y
                && x instanceof Py.Tuple == y instanceof Py.Tuple) {
            checkItems(x.size() + (long) y.size());
            List<Object> both = new ArrayList<>(x);
            both.addAll(y);
            return x instanceof Py.Tuple ? new Py.Tuple(both) : both;
        }
        if (operator.equals("*")
                && (a instanceof String || a instanceof List)
                && (b instanceof Long || b instanceof Boolean)) {
            return repeat(a, Py.asLong(b));
        }
        if (operator.equals("*")
                && (b instanceof String || b instanceof List)
                && (a instanceof Long || a instanceof Boolean)) {
            return repeat(b, Py.asLong(a));
        }
        if (operator.equals("%") && a instanceof String format) {
            return Formats.percent(format, b);
        }
        if (Py.isNumber(a) && Py.isNumber(b) && a != null && b != null) {
            return a instanceof Double || b instanceof Double || operator.equals("/")
                    ? floating(operator, Py.asDouble(a), Py.asDouble(b))
                    : integer(operator, Py.asLong(a), Py.asLong(b));
        }
        throw TemplateError.of("`" + operator + "` does not work on " + Py.type(a) + " and " + Py.type(b));
    }

    private static Object repeat(Object v, long times) {
        checkLength(times);
        if (v instanceof String s) {
            checkLength(s.length() * Math.max(times, 0));
            return s.repeat((int) Math.max(times, 0));
        }
        checkItems(((List<?>) v).size() * Math.max(times, 0));
        List<Object> out = new ArrayList<>();
        for (long i = 0; i < times; i++) {
            out.addAll((List<?>) v);
        }
        return out;
    }

    private static Object integer(String operator, long a, long b) {
        try {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "//" -> Math.floorDiv(a, b);
                case "%" -> Math.floorMod(a, b);
                default -> b < 0 ? (Object) Math.pow(a, b) : (Object) power(a, b);
            };
        } catch (ArithmeticException e) {
            throw TemplateError.of(
                    "`" + a + " " + operator + " " + b + "`: division by zero or an integer of more than 64 bits");
        }
    }

    private static long power(long a, long b) {
        if (a == 0 || a == 1) {
            return b == 0 ? 1 : a;
        }
        long out = 1;
        for (long i = 0; i < b; i++) {
            out = a == -1 ? b % 2 == 0 ? 1 : -1 : Math.multiplyExact(out, a);
            if (a == -1) {
                break;
            }
        }
        return out;
    }

    private static Object floating(String operator, double a, double b) {
        if (b == 0 && List.of("/", "//", "%").contains(operator)) {
            throw TemplateError.of("division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - Math.floor(a / b) * b;
            default -> Math.pow(a, b);
        };
    }

    static Object negated(@Nullable Object v) {
        return switch (v) {
            case Long n -> -n;
            case Double d -> -d;
            case Boolean b -> b ? -1L : 0L;
            case Py.Undefined u -> throw u.error();
            case null -> throw TemplateError.of("`-` does not work on " + Py.type(v));
            default -> throw TemplateError.of("`-` does not work on " + Py.type(v));
        };
    }

    static boolean compare(String operator, @Nullable Object a, @Nullable Object b) {
        return switch (operator) {
            case "==" -> Py.equal(a, b);
            case "!=" -> !Py.equal(a, b);
            case "in" -> Py.contains(b, a);
            case "not in" -> !Py.contains(b, a);
            case "<" -> Py.compare(a, b) < 0;
            case "<=" -> Py.compare(a, b) <= 0;
            case ">" -> Py.compare(a, b) > 0;
            default -> Py.compare(a, b) >= 0;
        };
    }

    /** {@code v.name}: a method, or the value of {@code v['name']}. */
    static @Nullable Object attribute(@Nullable Object v, String name) {
        if (v instanceof Py.Undefined u) {
            throw u.error();
        }
        if (v instanceof Attributes attributes) {
            return attributes.attribute(name);
        }
        Py.Callable method = Methods.find(v, name);
        if (method != null) {
            return method;
        }
        return v instanceof Map<?, ?> map && map.containsKey(name) ? map.get(name) : new Py.Undefined(name);
    }

    /** What has attributes of its own, such as {@code loop}. */
    interface Attributes {
        @Nullable
        Object attribute(String name);
    }

    /** {@code v[key]}. */
    static @Nullable Object item(@Nullable Object v, @Nullable Object key) {
        if (v instanceof Py.Undefined u) {
            throw u.error();
        }
        if (v instanceof Map<?, ?> map) {
            if (map.containsKey(key)) {
                return map.get(key);
            }
        } else if ((v instanceof List || v instanceof String) && (key instanceof Long || key instanceof Boolean)) {
            List<Object> items = Py.items(v);
            long index = Py.asLong(key);
            long at = index < 0 ? index + items.size() : index;
            return at >= 0 && at < items.size()
                    ? items.get((int) at)
                    : new Py.Undefined(Py.type(v) + "[" + index + "]");
        }
        return key instanceof String name ? attribute(v, name) : new Py.Undefined(Py.str(key));
    }
}
