package dev.lanewise.text.jinja;

import dev.lanewise.text.jinja.Lexer.Kind;
import dev.lanewise.text.jinja.Lexer.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses expressions, with Jinja's precedence, into objects that evaluate them. */
final class Expressions {
    private final Tokens tokens;

    Expressions(Tokens tokens) {
        this.tokens = tokens;
    }

    /** An expression, or several with commas between as a tuple. */
    Expression tuple(boolean withCondition) {
        Expression first = withCondition ? expression() : or();
        if (!tokens.isOperator(",")) {
            return first;
        }
        List<Expression> all = new ArrayList<>();
        all.add(first);
        while (tokens.skipOperator(",")) {
            if (endsTuple()) {
                break;
            }
            all.add(withCondition ? expression() : or());
        }
        return tupleOf(all);
    }

    private boolean endsTuple() {
        Token token = tokens.current();
        return token.kind() == Kind.BLOCK_END
                || token.kind() == Kind.OUTPUT_END
                || tokens.isOperator(")")
                || tokens.isName("in");
    }

    private static Expression tupleOf(List<Expression> all) {
        return scope -> new Py.Tuple(values(all, scope));
    }

    private static List<Object> values(List<Expression> all, Scope scope) {
        List<Object> out = new ArrayList<>(all.size());
        all.forEach(e -> out.add(e.eval(scope)));
        return out;
    }

    Expression expression() {
        tokens.enter();
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression then = value;
            Expression condition = or();
            Expression otherwise = tokens.skipName("else")
                    ? expression()
                    : scope -> new Py.Undefined("the value of an `if` without `else`");
            value = scope -> Py.truth(condition.eval(scope)) ? then.eval(scope) : otherwise.eval(scope);
        }
        tokens.leave();
        return value;
    }

    Expression or() {
        Expression left = and();
        while (tokens.skipName("or")) {
            Expression a = left;
            Expression b = and();
            left = scope -> {
                Object v = a.eval(scope);
                return Py.truth(v) ? v : b.eval(scope);
            };
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.skipName("and")) {
            Expression a = left;
            Expression b = not();
            left = scope -> {
                Object v = a.eval(scope);
                return Py.truth(v) ? b.eval(scope) : v;
            };
        }
        return left;
    }

    private Expression not() {
        if (tokens.skipName("not")) {
            tokens.enter();
            Expression a = not();
            tokens.leave();
            return scope -> !Py.truth(a.eval(scope));
        }
        return comparison();
    }

    /** {@code a < b < c} is {@code a < b and b < c}. */
    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        while (true) {
            String operator = comparisonOperator();
            if (operator == null) {
                break;
            }
            operators.add(operator);
            operands.add(sum());
        }
        if (operators.isEmpty()) {
            return first;
        }
        return scope -> {
            Object left = first.eval(scope);
            for (int i = 0; i < operators.size(); i++) {
                Object right = operands.get(i).eval(scope);
                if (!Operators.compare(operators.get(i), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        };
    }

    private @Nullable String comparisonOperator() {
        Token token = tokens.current();
        if (token.kind() == Kind.OPERATOR
                && List.of("==", "!=", "<", "<=", ">", ">=").contains(token.text())) {
            return tokens.next().text();
        }
        if (tokens.skipName("in")) {
            return "in";
        }
        if (tokens.isName("not") && tokens.look().is(Kind.NAME, "in")) {
            tokens.next();
            tokens.next();
            return "not in";
        }
        return null;
    }

    private interface Level {
        Expression read();
    }

    private Expression binary(Level next, String... operators) {
        Expression left = next.read();
        while (tokens.current().kind() == Kind.OPERATOR
                && List.of(operators).contains(tokens.current().text())) {
            String operator = tokens.next().text();
            Expression a = left;
            Expression b = next.read();
            left = scope -> Operators.binary(operator, a.eval(scope), b.eval(scope));
        }
        return left;
    }

    private Expression sum() {
        return binary(this::concatenation, "+", "-");
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.isOperator("~")) {
            return first;
        }
        List<Expression> all = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            all.add(product());
        }
        return scope -> {
            StringBuilder out = new StringBuilder();
            for (Expression e : all) {
                String text = Py.str(e.eval(scope));
                Operators.checkLength(out.length() + (long) text.length());
                out.append(text);
            }
            return out.toString();
        };
    }

    private Expression product() {
        return binary(this::power, "*", "/", "//", "%");
    }

    private Expression power() {
        return binary(() -> unary(true), "**");
    }

    private Expression unary(boolean withFilters) {
        tokens.enter();
        Expression value;
        if (tokens.skipOperator("-")) {
            Expression a = unary(false);
            value = scope -> Operators.negated(a.eval(scope));
        } else if (tokens.skipOperator("+")) {
            Expression a = unary(false);
            value = scope -> Operators.binary("+", 0L, a.eval(scope));
        } else {
            value = primary();
        }
        value = postfix(value);
        if (withFilters) {
            value = filters(value);
        }
        tokens.leave();
        return value;
    }

    private Expression primary() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case NAME -> {
                tokens.next();
                yield name(token.text());
            }
            case STRING -> {
                StringBuilder text = new StringBuilder();
                while (tokens.current().kind() == Kind.STRING) {
                    text.append(tokens.next().text());
                }
                String string = text.toString();
                yield scope -> string;
            }
            case INTEGER -> {
                tokens.next();
                yield constant(integer(token));
            }
            case FLOAT -> {
                tokens.next();
                yield constant(Double.parseDouble(token.text()));
            }
            case OPERATOR -> {
                if (tokens.skipOperator("(")) {
                    yield parentheses();
                }
                if (tokens.skipOperator("[")) {
                    List<Expression> items = list("]");
                    yield scope -> values(items, scope);
                }
                if (tokens.skipOperator("{")) {
                    yield dict();
                }
                throw tokens.unexpected("a value");
            }
            default -> throw tokens.unexpected("a value");
        };
    }

    private static Object integer(Token token) {
        try {
            return Long.parseLong(token.text());
        } catch (NumberFormatException e) {
            throw TemplateError.at(token.line(), "the integer " + token.text() + " of more than 64 bits");
        }
    }

    private static Expression constant(@Nullable Object value) {
        return scope -> value;
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(null);
            default -> scope -> scope.get(name);
        };
    }

    private Expression parentheses() {
        if (tokens.skipOperator(")")) {
            return scope -> new Py.Tuple(List.of());
        }
        Expression value = tuple(true);
        tokens.expectOperator(")");
        return value;
    }

    private List<Expression> list(String end) {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skipOperator(end)) {
            items.add(expression());
            if (!tokens.isOperator(end)) {
                tokens.expectOperator(",");
            }
        }
        return items;
    }

    private Expression dict() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
            keys.add(expression());
            tokens.expectOperator(":");
            values.add(expression());
            if (!tokens.isOperator("}")) {
                tokens.expectOperator(",");
            }
        }
        return scope -> {
            Map<Object, Object> out = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                put(out, keys.get(i).eval(scope), values.get(i).eval(scope));
            }
            return out;
        };
    }

    @SuppressWarnings("NullAway") // None is a key and a value
    private static void put(Map<Object, Object> map, @Nullable Object key, @Nullable Object value) {
        map.put(key, value);
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            Expression v = value;
            if (tokens.skipOperator(".")) {
                Token token = tokens.next();
                if (token.kind() == Kind.INTEGER) {
                    Object index = integer(token);
                    value = scope -> Operators.item(v.eval(scope), index);
                } else if (token.kind() == Kind.NAME) {
                    value = scope -> Operators.attribute(v.eval(scope), token.text());
                } else {
                    throw TemplateError.at(token.line(), "expected a name after `.`");
                }
            } else if (tokens.skipOperator("[")) {
                value = subscript(v);
            } else if (tokens.isOperator("(")) {
                value = call(v, "a function");
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression v) {
        @Nullable Expression[] parts = new Expression[3];
        int colons = 0;
        while (!tokens.skipOperator("]")) {
            if (tokens.skipOperator(":")) {
                if (++colons > 2) {
                    throw tokens.unexpected("`]`");
                }
            } else {
                if (parts[colons] != null) {
                    throw tokens.unexpected("`]`");
                }
                parts[colons] = expression();
            }
        }
        if (colons == 0) {
            Expression key = parts[0];
            if (key == null) {
                throw tokens.unexpected("an index");
            }
            return scope -> Operators.item(v.eval(scope), key.eval(scope));
        }
        return scope -> {
            Object value = v.eval(scope);
            if (value instanceof Py.Undefined u) {
                throw u.error();
            }
            return Py.slice(
                    value == null ? new Py.Undefined("None") : value,
                    bound(parts[0], scope),
                    bound(parts[1], scope),
                    bound(parts[2], scope));
        };
    }

    private static @Nullable Long bound(@Nullable Expression part, Scope scope) {
        Object v = part == null ? null : part.eval(scope);
        if (v == null || v instanceof Long || v instanceof Boolean) {
            return v == null ? null : (Long) Py.asLong(v);
        }
        throw v instanceof Py.Undefined u ? u.error() : TemplateError.of("a slice needs integers, not " + Py.type(v));
    }

    /** The arguments of a call, yet to be evaluated. */
    record Call(List<Expression> values, Map<String, Expression> named) {
        Arguments arguments(String name, Scope scope) {
            Map<String, Object> evaluated = new LinkedHashMap<>();
            named.forEach((key, e) -> put(evaluated, key, e.eval(scope)));
            return new Arguments(name, Expressions.values(values, scope), evaluated);
        }

        @SuppressWarnings("NullAway") // None is a value
        private static void put(Map<String, Object> map, String key, @Nullable Object value) {
            map.put(key, value);
        }
    }

    Call arguments() {
        tokens.expectOperator("(");
        List<Expression> values = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!tokens.skipOperator(")")) {
            if (tokens.isOperator("*") || tokens.isOperator("**")) {
                throw TemplateError.at(tokens.line(), "arguments with `*` are not supported");
            }
            if (tokens.current().kind() == Kind.NAME && tokens.look().is(Kind.OPERATOR, "=")) {
                String key = tokens.name();
                tokens.next();
                named.put(key, expression());
            } else if (named.isEmpty()) {
                values.add(expression());
            } else {
                throw tokens.unexpected("a named argument");
            }
            if (!tokens.isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return new Call(values, named);
    }

    private Expression call(Expression function, String name) {
        Call call = arguments();
        return scope -> {
            scope.step();
            Object f = function.eval(scope);
            if (f instanceof Py.Callable callable) {
                return callable.call(call.arguments(name, scope));
            }
            throw f instanceof Py.Undefined u ? u.error() : TemplateError.of(Py.type(f) + " cannot be called");
        };
    }

    private Expression filters(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.skipOperator("|")) {
                value = filter(value);
            } else if (tokens.skipName("is")) {
                value = test(value);
            } else if (tokens.isOperator("(")) {
                value = call(value, "a function");
            } else {
                return value;
            }
        }
    }

    /** A filter by its name, applied to a value. */
    Expression filter(Expression value) {
        int line = tokens.line();
        String name = tokens.name();
        Filters.check(line, name);
        Call call = tokens.isOperator("(") ? arguments() : new Call(List.of(), Map.of());
        return scope -> {
            scope.step();
            return Filters.apply(name, value.eval(scope), call.arguments(name, scope));
        };
    }

    private Expression test(Expression value) {
        boolean negative = tokens.skipName("not");
        int line = tokens.line();
        String name = tokens.name();
        Tests.check(line, name);
        Call call = new Call(List.of(), Map.of());
        Token token = tokens.current();
        if (tokens.isOperator("(")) {
            call = arguments();
        } else if (startsArgument(token)) {
            call = new Call(List.of(postfix(primary())), Map.of());
        }
        Call arguments = call;
        return scope -> Tests.test(name, value.eval(scope), arguments.arguments(name, scope)) != negative;
    }

    private static boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !List.of("else", "or", "and", "is", "if", "in", "not").contains(token.text());
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            default -> false;
        };
    }
}
