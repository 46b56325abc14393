package dev.lanewise.text.jinja;

import dev.lanewise.text.jinja.Lexer.Kind;
import dev.lanewise.text.jinja.Lexer.Token;
import java.util.List;

/** A position in the tokens of a template. */
final class Tokens {
    private static final int DEEPEST = 200;
    private final List<Token> tokens;
    private int at;
    private int depth;

    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    int line() {
        return current().line();
    }

    Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Kind.END) {
            at++;
        }
        return token;
    }

    boolean isName(String name) {
        return current().is(Kind.NAME, name);
    }

    boolean isOperator(String operator) {
        return current().is(Kind.OPERATOR, operator);
    }

    boolean skipName(String name) {
        boolean found = isName(name);
        if (found) {
            at++;
        }
        return found;
    }

    boolean skipOperator(String operator) {
        boolean found = isOperator(operator);
        if (found) {
            at++;
        }
        return found;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("`" + operator + "`");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("`" + name + "`");
        }
    }

    String name() {
        if (current().kind() != Kind.NAME) {
            throw unexpected("a name");
        }
        return next().text();
    }

    void expect(Kind kind) {
        if (current().kind() != kind) {
            throw unexpected(kind == Kind.BLOCK_END ? "`%}`" : kind == Kind.OUTPUT_END ? "`}}`" : kind.toString());
        }
        at++;
    }

    TemplateError unexpected(String wanted) {
        Token token = current();
        String found =
                token.kind() == Kind.END ? "the end of the template" : "`" + token.text() + "` (" + token.kind() + ")";
        return TemplateError.at(token.line(), "expected " + wanted + ", found " + found);
    }

    /** Counts nesting, so that no template overflows the stack. */
    void enter() {
        if (++depth > DEEPEST) {
            throw TemplateError.at(line(), "nested deeper than " + DEEPEST);
        }
    }

    void leave() {
        depth--;
    }
}
