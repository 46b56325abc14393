package dev.lanewise.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tests: the names that follow {@code is}. */
final class Tests {
    private static final List<String> NAMES = List.of(
            "defined",
            "undefined",
            "none",
            "string",
            "mapping",
            "iterable",
            "sequence",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "callable",
            "odd",
            "even",
            "divisibleby",
            "sameas",
            "in",
            "eq",
            "equalto",
            "==",
            "ne",
            "!=",
            "lt",
            "lessthan",
            "<",
            "le",
            "<=",
            "gt",
            "greaterthan",
            ">",
            "ge",
            ">=",
            "upper",
            "lower",
            "filter",
            "test");

    private Tests() {}

    static void check(int line, String name) {
        if (!NAMES.contains(name)) {
            throw TemplateError.at(line, "the test `" + name + "` is not supported");
        }
    }

    static boolean test(String name, @Nullable Object v, Arguments a) {
        return switch (name) {
            case "defined" -> !(v instanceof Py.Undefined);
            case "undefined" -> v instanceof Py.Undefined;
            case "none" -> v == null;
            case "string" -> v instanceof String;
            case "mapping" -> v instanceof Map;
            case "iterable" ->
                v instanceof String || v instanceof List || v instanceof Map || v instanceof Py.Undefined;
            case "sequence" ->
                v instanceof String || v instanceof List || v instanceof Map || v instanceof Py.Undefined;
            case "number" -> Py.isNumber(v);
            case "integer" -> v instanceof Long;
            case "float" -> v instanceof Double;
            case "boolean" -> v instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(v);
            case "false" -> Boolean.FALSE.equals(v);
            case "callable" -> v instanceof Py.Callable;
            case "odd" -> Py.equal(Operators.binary("%", v, 2L), 1L);
            case "even" -> Py.equal(Operators.binary("%", v, 2L), 0L);
            case "divisibleby" -> Py.equal(Operators.binary("%", v, a.need(0, "num")), 0L);
            case "sameas" -> same(v, a.need(0, "other"));
            case "in" -> Py.contains(a.need(0, "seq"), v);
            case "eq", "equalto", "==" -> Py.equal(v, a.need(0, "other"));
            case "ne", "!=" -> !Py.equal(v, a.need(0, "other"));
            case "lt", "lessthan", "<" -> Py.compare(v, a.need(0, "other")) < 0;
            case "le", "<=" -> Py.compare(v, a.need(0, "other")) <= 0;
            case "gt", "greaterthan", ">" -> Py.compare(v, a.need(0, "other")) > 0;
            case "ge", ">=" -> Py.compare(v, a.need(0, "other")) >= 0;
            case "upper" -> Boolean.TRUE.equals(method(v, "isupper"));
            case "lower" -> Boolean.TRUE.equals(method(v, "islower"));
            case "filter" -> Filters.NAMES.contains(Py.str(v));
            case "test" -> NAMES.contains(Py.str(v));
            default -> throw TemplateError.of("the test `" + name + "` is not supported");
        };
    }

    private static @Nullable Object method(@Nullable Object v, String name) {
        Py.Callable method = Methods.find(Py.str(v), name);
        return method == null ? null : method.call(new Arguments(name, List.of(), Map.of()));
    }

    private static boolean same(@Nullable Object a, @Nullable Object b) {
        if (a instanceof Boolean || b instanceof Boolean || a == null || b == null) {
            return java.util.Objects.equals(a, b);
        }
        return a.getClass() == b.getClass() && a.equals(b);
    }
}
