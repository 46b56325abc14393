package dev.lanewise.text.jinja;

import dev.lanewise.text.jinja.Lexer.Kind;
import dev.lanewise.text.jinja.Lexer.Token;
import dev.lanewise.text.jinja.Statement.Flow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses the blocks of a template into objects that run them. */
final class Statements {
    private final Tokens tokens;
    private final Expressions expressions;
    private int loops;

    Statements(List<Token> tokens) {
        this.tokens = new Tokens(tokens);
        expressions = new Expressions(this.tokens);
    }

    Statement template() {
        Statement all = until();
        if (tokens.current().kind() != Kind.END) {
            throw tokens.unexpected("the end of the template");
        }
        return all;
    }

    /** Statements up to a block with one of those names, whose name is current afterwards. */
    private Statement until(String... ends) {
        tokens.enter();
        List<Statement> all = new ArrayList<>();
        while (tokens.current().kind() != Kind.END) {
            Token token = tokens.next();
            if (token.kind() == Kind.TEXT) {
                all.add(scope -> {
                    scope.write(token.text());
                    return Flow.NEXT;
                });
            } else if (token.kind() == Kind.OUTPUT_BEGIN) {
                Expression value = expressions.tuple(true);
                tokens.expect(Kind.OUTPUT_END);
                all.add(scope -> {
                    scope.step();
                    scope.write(Py.str(value.eval(scope)));
                    return Flow.NEXT;
                });
            } else {
                if (tokens.current().kind() == Kind.NAME
                        && List.of(ends).contains(tokens.current().text())) {
                    tokens.leave();
                    return sequence(all);
                }
                all.add(block());
            }
        }
        if (ends.length > 0) {
            throw tokens.unexpected("`" + String.join("` or `", ends) + "`");
        }
        tokens.leave();
        return sequence(all);
    }

    private static Statement sequence(List<Statement> all) {
        Statement[] statements = all.toArray(Statement[]::new);
        return scope -> {
            for (Statement statement : statements) {
                Flow flow = statement.run(scope);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        };
    }

    private Statement block() {
        int line = tokens.line();
        String name = tokens.name();
        Statement statement = switch (name) {
            case "for" -> loop();
            case "if" -> condition();
            case "set" -> set();
            case "macro" -> macro();
            case "generation" -> captured("endgeneration");
            case "filter" -> filter();
            case "with" -> with();
            case "call" -> call();
            case "break", "continue" -> {
                if (loops == 0) {
                    throw TemplateError.at(line, "`" + name + "` outside a loop");
                }
                yield scope -> name.equals("break") ? Flow.BREAK : Flow.CONTINUE;
            }
            default -> throw TemplateError.at(line, "the block `" + name + "` is not supported");
        };
        tokens.expect(Kind.BLOCK_END);
        return statement;
    }

    private Statement condition() {
        Expression condition = expressions.tuple(false);
        tokens.expect(Kind.BLOCK_END);
        Statement then = until("elif", "else", "endif");
        Statement otherwise = null;
        String name = tokens.name();
        if (name.equals("elif")) {
            tokens.enter();
            Statement next = condition();
            tokens.leave();
            otherwise = next;
        } else if (name.equals("else")) {
            tokens.expect(Kind.BLOCK_END);
            otherwise = until("endif");
            tokens.expectName("endif");
        }
        Statement last = otherwise;
        return scope -> {
            scope.step();
            if (Py.truth(condition.eval(scope))) {
                return then.run(scope);
            }
            return last == null ? Flow.NEXT : last.run(scope);
        };
    }

    /** What a value is given to: a name, names, or an attribute of a namespace. */
    private interface Target {
        void set(Scope scope, @Nullable Object value);
    }

    private Target target() {
        List<Target> all = new ArrayList<>();
        boolean tuple = false;
        do {
            if (!all.isEmpty() && tokens.current().kind() != Kind.NAME && !tokens.isOperator("(")) {
                break;
            }
            all.add(single());
            tuple |= tokens.isOperator(",");
        } while (tokens.skipOperator(","));
        if (!tuple) {
            return all.getFirst();
        }
        return (scope, value) -> {
            List<Object> values = Py.items(value);
            if (values.size() != all.size()) {
                throw TemplateError.of(values.size() + " values for " + all.size() + " names");
            }
            for (int i = 0; i < all.size(); i++) {
                all.get(i).set(scope, values.get(i));
            }
        };
    }

    private Target single() {
        if (tokens.skipOperator("(")) {
            Target inner = target();
            tokens.expectOperator(")");
            return inner;
        }
        int line = tokens.line();
        String name = tokens.name();
        if (List.of("true", "false", "none", "True", "False", "None").contains(name)) {
            throw TemplateError.at(line, "`" + name + "` cannot be set");
        }
        if (!tokens.skipOperator(".")) {
            return (scope, value) -> scope.set(name, value);
        }
        String attribute = tokens.name();
        return (scope, value) -> {
            if (scope.get(name) instanceof Globals.Namespace namespace) {
                namespace.set(attribute, value);
            } else {
                throw TemplateError.at(
                        line, "`" + name + "` is no namespace, so that `" + attribute + "` cannot be set");
            }
        };
    }

    private Statement set() {
        Target target = target();
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple(true);
            return scope -> {
                scope.step();
                target.set(scope, value.eval(scope));
                return Flow.NEXT;
            };
        }
        Expression[] captured = {scope -> scope.get("")};
        Expression value = scope -> captured[0].eval(scope);
        while (tokens.skipOperator("|")) {
            value = expressions.filter(value);
        }
        tokens.expect(Kind.BLOCK_END);
        Statement body = until("endset");
        tokens.expectName("endset");
        captured[0] = scope -> capture(body, scope);
        Expression result = value;
        return scope -> {
            target.set(scope, result.eval(scope));
            return Flow.NEXT;
        };
    }

    private static String capture(Statement body, Scope scope) {
        StringBuilder out = new StringBuilder();
        body.run(scope.child(out));
        return out.toString();
    }

    private Statement captured(String end) {
        tokens.expect(Kind.BLOCK_END);
        Statement body = until(end);
        tokens.expectName(end);
        return scope -> {
            scope.write(capture(body, scope));
            return Flow.NEXT;
        };
    }

    private Statement filter() {
        Expression[] captured = {scope -> scope.get("")};
        Expression value = expressions.filter(scope -> captured[0].eval(scope));
        while (tokens.skipOperator("|")) {
            value = expressions.filter(value);
        }
        tokens.expect(Kind.BLOCK_END);
        Statement body = until("endfilter");
        tokens.expectName("endfilter");
        captured[0] = scope -> capture(body, scope);
        Expression result = value;
        return scope -> {
            scope.write(Py.str(result.eval(scope)));
            return Flow.NEXT;
        };
    }

    private Statement with() {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (tokens.current().kind() != Kind.BLOCK_END) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(single());
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        tokens.next();
        Statement body = until("endwith");
        tokens.expectName("endwith");
        return scope -> {
            Scope inner = scope.child();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).set(inner, values.get(i).eval(scope));
            }
            return body.run(inner);
        };
    }

    private Statement loop() {
        Target target = target();
        tokens.expectName("in");
        Expression iterable = expressions.tuple(false);
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        if (tokens.isName("recursive")) {
            throw TemplateError.at(tokens.line(), "`recursive` loops are not supported");
        }
        tokens.expect(Kind.BLOCK_END);
        loops++;
        Statement body = until("else", "endfor");
        loops--;
        Statement otherwise = null;
        if (tokens.skipName("else")) {
            tokens.expect(Kind.BLOCK_END);
            otherwise = until("endfor");
        }
        tokens.expectName("endfor");
        Statement last = otherwise;
        return scope -> {
            List<Object> items = selected(Py.items(iterable.eval(scope)), target, condition, scope);
            if (items.isEmpty()) {
                return last == null ? Flow.NEXT : last.run(scope.child());
            }
            Globals.Loop loop = new Globals.Loop(items);
            for (int i = 0; i < items.size(); i++) {
                scope.step();
                loop.moveTo(i);
                Scope inner = scope.child();
                inner.set("loop", loop);
                target.set(inner, items.get(i));
                if (body.run(inner) == Flow.BREAK) {
                    break;
                }
            }
            return Flow.NEXT;
        };
    }

    private static List<Object> selected(
            List<Object> items, Target target, @Nullable Expression condition, Scope scope) {
        if (condition == null) {
            return new ArrayList<>(items);
        }
        List<Object> out = new ArrayList<>();
        for (Object item : items) {
            scope.step();
            Scope inner = scope.child();
            target.set(inner, item);
            if (Py.truth(condition.eval(inner))) {
                out.add(item);
            }
        }
        return out;
    }

    /** The names and defaults of a macro's parameters. */
    private record Parameters(List<String> names, List<@Nullable Expression> defaults) {}

    private Parameters parameters() {
        List<String> names = new ArrayList<>();
        List<@Nullable Expression> defaults = new ArrayList<>();
        tokens.expectOperator("(");
        while (!tokens.skipOperator(")")) {
            names.add(tokens.name());
            defaults.add(tokens.skipOperator("=") ? expressions.expression() : null);
            if (!tokens.isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return new Parameters(names, defaults);
    }

    private Statement body(String end) {
        tokens.expect(Kind.BLOCK_END);
        int outer = loops;
        loops = 0;
        Statement body = until(end);
        loops = outer;
        tokens.expectName(end);
        return body;
    }

    private Statement macro() {
        String name = tokens.name();
        Parameters parameters = parameters();
        Statement body = body("endmacro");
        return scope -> {
            scope.set(name, callable(name, parameters, body, scope));
            return Flow.NEXT;
        };
    }

    private static Py.Callable callable(String name, Parameters parameters, Statement body, Scope scope) {
        return arguments -> {
            StringBuilder out = new StringBuilder();
            Scope inner = scope.child(out);
            List<String> names = parameters.names();
            List<String> allowed = new ArrayList<>(names);
            allowed.add("caller");
            new Arguments(name, arguments.values(), arguments.named())
                    .only((arguments.named().containsKey("caller") ? allowed : names).toArray(String[]::new));
            for (int i = 0; i < names.size(); i++) {
                Expression absent = parameters.defaults().get(i);
                boolean given =
                        i < arguments.values().size() || arguments.named().containsKey(names.get(i));
                Object value = given || absent == null
                        ? arguments.get(i, names.get(i), new Py.Undefined("parameter " + names.get(i)))
                        : absent.eval(inner);
                inner.set(names.get(i), value);
            }
            if (arguments.named().containsKey("caller")) {
                inner.set("caller", arguments.named().get("caller"));
            }
            body.run(inner);
            return out.toString();
        };
    }

    /** {@code {% call macro(…) %}}: the macro may call the block as {@code caller}. */
    private Statement call() {
        Parameters parameters = tokens.isOperator("(") ? parameters() : new Parameters(List.of(), List.of());
        int line = tokens.line();
        String name = tokens.name();
        Expressions.Call bound = expressions.arguments();
        Statement body = body("endcall");
        return scope -> {
            if (!(scope.get(name) instanceof Py.Callable callable)) {
                throw TemplateError.at(line, "`" + name + "` is no macro");
            }
            Arguments given = bound.arguments(name, scope);
            Map<String, Object> named = new java.util.LinkedHashMap<>(given.named());
            named.put("caller", callable("caller", parameters, body, scope));
            scope.write(Py.str(callable.call(new Arguments(name, given.values(), named))));
            return Flow.NEXT;
        };
    }
}
