package dev.lanewise.text.regex;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.regex.Node.Greed;
import dev.lanewise.text.unicode.CharSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns a syntax tree into instructions for {@link Matcher}. */
final class Compiler {
    /** Consumes one code point of a set: operand set. */
    static final int ONE = 0;
    /** Tries one place, then another: operands first and second. */
    static final int SPLIT = 1;
    /** Continues elsewhere: operand place. */
    static final int JUMP = 2;
    /** Stores the position in a register: operand register. */
    static final int STORE = 3;
    /** Requires a condition on the position: operand {@link Node.Anchor}. */
    static final int AT = 4;
    /** Runs what follows independently up to {@link #END}: operands kind, length to go back, place after it. */
    static final int SUB = 5;
    /** The end of the program or of what {@link #SUB} runs. */
    static final int END = 6;
    /** Consumes what a group matched: operand group. */
    static final int BACK = 7;
    /** Repeats one code point of a set: operands set, least, most, greed. */
    static final int RUN = 8;
    /** Fails unless the position has moved on from a register: operand register. */
    static final int MOVED = 9;
    /** Fails. */
    static final int FAIL = 10;

    static final int AHEAD = 0;
    static final int NOT_AHEAD = 1;
    static final int BEHIND = 2;
    static final int NOT_BEHIND = 3;
    static final int ATOMIC = 4;

    private static final int LARGEST = 100_000;
    private final String source;
    private final List<CharSet> sets = new ArrayList<>();
    private int[] code = new int[64];
    private int size;
    private int registers;

    private Compiler(String source) {
        this.source = source;
    }

    static Regex compile(String source) {
        if (source.length() > 20_000) {
            throw new TokenizerException(
                    "regular expression of " + source.length() + " characters: at most 20000 are supported");
        }
        Parser parser = new Parser(source);
        Node root = parser.parse();
        Compiler compiler = new Compiler(source);
        compiler.registers = 2 * (parser.groups() + 1);
        compiler.emit(root);
        compiler.add(END);
        return new Regex(
                source,
                Arrays.copyOf(compiler.code, compiler.size),
                compiler.sets.toArray(CharSet[]::new),
                compiler.registers);
    }

    private void emit(Node node) {
        switch (node) {
            case Node.One one -> {
                add(ONE);
                add(set(one.set()));
            }
            case Node.Sequence sequence -> sequence.parts().forEach(this::emit);
            case Node.Either either -> either(either.alternatives());
            case Node.Repeat repeat -> repeat(repeat);
            case Node.Group group -> {
                add(STORE);
                add(2 * group.index());
                emit(group.body());
                add(STORE);
                add(2 * group.index() + 1);
            }
            case Node.Atomic atomic -> sub(ATOMIC, 0, atomic.body());
            case Node.Look look -> look(look);
            case Node.Back back -> {
                if (2 * back.group() >= registers) {
                    throw error("a reference to group " + back.group() + ", which does not exist");
                }
                add(BACK);
                add(back.group());
            }
            case Node.At condition -> {
                add(AT);
                add(condition.anchor().code);
            }
        }
    }

    private void either(List<Node> alternatives) {
        int[] exits = new int[alternatives.size()];
        for (int i = 0; i < alternatives.size(); i++) {
            boolean last = i == alternatives.size() - 1;
            int split = size;
            if (!last) {
                add(SPLIT);
                add(size + 2);
                add(0);
            }
            emit(alternatives.get(i));
            if (!last) {
                add(JUMP);
                exits[i] = size;
                add(0);
                code[split + 2] = size;
            }
        }
        for (int i = 0; i < exits.length - 1; i++) {
            code[exits[i]] = size;
        }
    }

    private void repeat(Node.Repeat repeat) {
        if (repeat.body() instanceof Node.One one) {
            add(RUN);
            add(set(one.set()));
            add(repeat.least());
            add(repeat.most());
            add(repeat.greed().code);
            return;
        }
        if (repeat.greed() == Greed.POSSESSIVE) {
            sub(ATOMIC, 0, new Node.Repeat(repeat.body(), repeat.least(), repeat.most(), Greed.GREEDY));
            return;
        }
        for (int i = 0; i < repeat.least(); i++) {
            emit(repeat.body());
        }
        if (repeat.most() == Integer.MAX_VALUE) {
            loop(repeat.body(), repeat.greed() == Greed.GREEDY);
            return;
        }
        int optional = repeat.most() - repeat.least();
        int[] splits = new int[optional];
        for (int i = 0; i < optional; i++) {
            splits[i] = split(repeat.greed() == Greed.GREEDY);
            emit(repeat.body());
        }
        for (int split : splits) {
            patch(split);
        }
    }

    private void loop(Node body, boolean greedy) {
        int start = size;
        int split = split(greedy);
        int register = registers++;
        add(STORE);
        add(register);
        emit(body);
        // a round that consumed nothing would repeat forever
        add(MOVED);
        add(register);
        add(JUMP);
        add(start);
        patch(split);
    }

    /** A split whose far end {@link #patch} sets. */
    private int split(boolean greedy) {
        int split = size;
        add(SPLIT);
        add(greedy ? size + 2 : -1);
        add(greedy ? -1 : size + 1);
        return split;
    }

    private void patch(int split) {
        code[split + (code[split + 1] == -1 ? 1 : 2)] = size;
    }

    private void look(Node.Look look) {
        if (!look.behind()) {
            sub(look.negative() ? NOT_AHEAD : AHEAD, 0, look.body());
            return;
        }
        List<Node> alternatives =
                look.body() instanceof Node.Either either ? either.alternatives() : List.of(look.body());
        if (look.negative()) {
            for (Node alternative : alternatives) {
                sub(NOT_BEHIND, length(alternative), alternative);
            }
            return;
        }
        List<Integer> exits = new ArrayList<>();
        for (Node alternative : alternatives) {
            int split = split(true);
            sub(BEHIND, length(alternative), alternative);
            add(JUMP);
            exits.add(size);
            add(0);
            patch(split);
        }
        add(FAIL);
        exits.forEach(exit -> code[exit] = size);
    }

    private void sub(int kind, int back, Node body) {
        add(SUB);
        add(kind);
        add(back);
        int after = size;
        add(0);
        emit(body);
        add(END);
        code[after] = size;
    }

    /** The length of what a lookbehind matches, which must be fixed. */
    private int length(Node node) {
        return switch (node) {
            case Node.One one -> 1;
            case Node.At at -> 0;
            case Node.Look look -> 0;
            case Node.Group group -> length(group.body());
            case Node.Atomic atomic -> length(atomic.body());
            case Node.Sequence sequence ->
                sequence.parts().stream().mapToInt(this::length).sum();
            case Node.Either either -> {
                int[] all = either.alternatives().stream()
                        .mapToInt(this::length)
                        .distinct()
                        .toArray();
                if (all.length != 1) {
                    throw error("a look behind of varying length");
                }
                yield all[0];
            }
            case Node.Repeat repeat -> {
                if (repeat.least() != repeat.most()) {
                    throw error("a look behind of varying length");
                }
                yield repeat.least() * length(repeat.body());
            }
            case Node.Back back -> throw error("a reference in a look behind");
        };
    }

    private int set(CharSet set) {
        sets.add(set);
        return sets.size() - 1;
    }

    private void add(int word) {
        if (size == code.length) {
            if (size > LARGEST) {
                throw error("an expression this large");
            }
            code = Arrays.copyOf(code, 2 * size);
        }
        code[size++] = word;
    }

    private TokenizerException error(String what) {
        return new TokenizerException("regular expression `" + source + "`: " + what + " is not supported");
    }
}
