package dev.lanewise.text.regex;

import static dev.lanewise.text.regex.Compiler.AHEAD;
import static dev.lanewise.text.regex.Compiler.ATOMIC;
import static dev.lanewise.text.regex.Compiler.BEHIND;
import static dev.lanewise.text.regex.Compiler.NOT_AHEAD;
import static dev.lanewise.text.regex.Compiler.NOT_BEHIND;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.regex.Node.Anchor;
import dev.lanewise.text.regex.Node.Greed;
import dev.lanewise.text.unicode.CharSet;
import java.util.Arrays;

/** Runs a compiled expression on a text. */
final class Matcher {
    /** By their codes. */
    private static final Anchor[] ANCHORS = Anchor.values();

    private static final int GREEDY = Greed.GREEDY.code;
    private static final int LAZY = Greed.LAZY.code;
    private static final int DEEPEST_STACK = 96 << 20;
    /**
     * Kinds of frames: continue at (pc, position); give back one of a run; take one more of a run; restore a register.
     */
    private static final int RETRY = 0;

    private static final int GIVE_BACK = 1;
    private static final int TAKE_MORE = 2;
    private static final int RESTORE = 3;
    private static final int FRAME = 4;

    private final Regex regex;
    private final int[] code;
    private final int[] text;
    private final int start;
    private final int end;
    private final int[] registers;
    private int[] stack = new int[256];
    private int top;
    private long steps;
    private int matchEnd;

    Matcher(Regex regex, int[] text, int start, int end) {
        this.regex = regex;
        code = regex.code;
        this.text = text;
        this.start = start;
        this.end = end;
        registers = new int[regex.registers];
        Arrays.fill(registers, -1);
    }

    /** Where the next match from a position on begins; -1 if there is none. */
    int find(int from) {
        // the limit for one match grows with the text, so that only runaway backtracking reaches it
        steps = 20_000_000 + 200L * (end - start);
        for (int at = from; at <= end; at++) {
            int found = run(0, at);
            top = 0;
            if (found >= 0) {
                matchEnd = found;
                return at;
            }
        }
        return -1;
    }

    int end() {
        return matchEnd;
    }

    /** Runs from an instruction to END; the position there, or -1. Frames of its own are left on the stack. */
    private int run(int from, int at) {
        int base = top;
        int pc = from;
        int pos = at;
        while (true) {
            if (--steps < 0) {
                throw new TokenizerException("regular expression `" + regex.source + "`: takes too long on this text");
            }
            boolean alive = true;
            switch (code[pc]) {
                case Compiler.ONE -> {
                    alive = pos < end && regex.sets[code[pc + 1]].contains(text[pos]);
                    pos++;
                    pc += 2;
                }
                case Compiler.SPLIT -> {
                    push(RETRY, code[pc + 2], pos, 0);
                    pc = code[pc + 1];
                }
                case Compiler.JUMP -> pc = code[pc + 1];
                case Compiler.STORE -> {
                    int register = code[pc + 1];
                    push(RESTORE, register, registers[register], 0);
                    registers[register] = pos;
                    pc += 2;
                }
                case Compiler.AT -> {
                    alive = holds(ANCHORS[code[pc + 1]], pos);
                    pc += 2;
                }
                case Compiler.SUB -> {
                    int next = sub(pc, pos);
                    alive = next >= 0;
                    pos = next;
                    pc = code[pc + 3];
                }
                case Compiler.END -> {
                    return pos;
                }
                case Compiler.BACK -> {
                    pos = back(code[pc + 1], pos);
                    alive = pos >= 0;
                    pc += 2;
                }
                case Compiler.RUN -> {
                    pos = repeat(pc, pos);
                    alive = pos >= 0;
                    pc += 5;
                }
                case Compiler.MOVED -> {
                    alive = registers[code[pc + 1]] != pos;
                    pc += 2;
                }
                default -> alive = false;
            }
            while (!alive) {
                if (top == base) {
                    return -1;
                }
                top -= FRAME;
                int a = stack[top + 1];
                int b = stack[top + 2];
                switch (stack[top]) {
                    case RETRY -> {
                        pc = a;
                        pos = b;
                        alive = true;
                    }
                    case GIVE_BACK -> {
                        // a is the instruction, b where the run ends now, the last where it may end at the earliest
                        int earliest = stack[top + 3];
                        pos = b - 1;
                        if (pos > earliest) {
                            push(GIVE_BACK, a, pos, earliest);
                        }
                        pc = a + 5;
                        alive = true;
                    }
                    case TAKE_MORE -> {
                        int left = stack[top + 3];
                        if (b < end && regex.sets[code[a + 1]].contains(text[b])) {
                            pos = b + 1;
                            if (left > 1) {
                                push(TAKE_MORE, a, pos, left == Integer.MAX_VALUE ? left : left - 1);
                            }
                            pc = a + 5;
                            alive = true;
                        }
                    }
                    default -> registers[a] = b;
                }
            }
        }
    }

    private void push(int kind, int a, int b, int c) {
        if (top + FRAME > stack.length) {
            if (stack.length >= DEEPEST_STACK) {
                throw new TokenizerException(
                        "regular expression `" + regex.source + "`: needs too much memory on this text");
            }
            stack = Arrays.copyOf(stack, 2 * stack.length);
        }
        stack[top] = kind;
        stack[top + 1] = a;
        stack[top + 2] = b;
        stack[top + 3] = c;
        top += FRAME;
    }

    /** Recursion is as deep as the expression nests. */
    private int sub(int pc, int pos) {
        int kind = code[pc + 1];
        int from = pos - code[pc + 2];
        int base = top;
        int found = from < start ? -1 : run(pc + 4, from);
        boolean matched = found >= 0;
        if (kind == NOT_AHEAD || kind == NOT_BEHIND || !matched) {
            undo(base);
        } else {
            keepRestores(base);
        }
        return switch (kind) {
            case ATOMIC -> found;
            case AHEAD, BEHIND -> matched ? pos : -1;
            default -> matched ? -1 : pos;
        };
    }

    private void undo(int base) {
        while (top > base) {
            top -= FRAME;
            if (stack[top] == RESTORE) {
                registers[stack[top + 1]] = stack[top + 2];
            }
        }
    }

    /** What was matched independently cannot be retried, but its groups must be undone when what precedes it fails. */
    private void keepRestores(int base) {
        int to = base;
        for (int i = base; i < top; i += FRAME) {
            if (stack[i] == RESTORE) {
                System.arraycopy(stack, i, stack, to, FRAME);
                to += FRAME;
            }
        }
        top = to;
    }

    private int back(int group, int pos) {
        int from = registers[2 * group];
        int to = registers[2 * group + 1];
        if (from < 0 || to < from || pos + to - from > end) {
            return -1;
        }
        return Arrays.equals(text, from, to, text, pos, pos + to - from) ? pos + to - from : -1;
    }

    private int repeat(int pc, int pos) {
        CharSet set = regex.sets[code[pc + 1]];
        int least = code[pc + 2];
        int most = code[pc + 3];
        int greed = code[pc + 4];
        int wanted = greed == LAZY ? least : most;
        int limit = wanted > end - pos ? end : pos + wanted;
        int at = pos;
        while (at < limit && set.contains(text[at])) {
            at++;
        }
        steps -= at - pos;
        if (at - pos < least) {
            return -1;
        }
        if (greed == GREEDY && at - pos > least) {
            push(GIVE_BACK, pc, at, pos + least);
        } else if (greed == LAZY && most > least) {
            push(TAKE_MORE, pc, at, most == Integer.MAX_VALUE ? most : most - least);
        }
        return at;
    }

    private boolean holds(Anchor anchor, int pos) {
        return switch (anchor) {
            case LINE_START -> pos == start || text[pos - 1] == '\n' && pos < end;
            case LINE_END -> pos == end || text[pos] == '\n';
            case TEXT_START -> pos == start;
            case TEXT_END -> pos == end;
            case TEXT_END_OR_NEWLINE -> pos == end || pos == end - 1 && text[pos] == '\n';
            case WORD_BOUNDARY -> boundary(pos);
            case NO_WORD_BOUNDARY -> !boundary(pos);
        };
    }

    private boolean boundary(int pos) {
        boolean before = pos > start && Sets.wordEscape(text[pos - 1]);
        boolean after = pos < end && Sets.wordEscape(text[pos]);
        return before != after;
    }
}
