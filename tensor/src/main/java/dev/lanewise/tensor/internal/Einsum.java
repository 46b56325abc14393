package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/** Einstein's summation of one or two operands, by permuting, summing and one batched matrix product. */
public final class Einsum {
    /**
     * The dimensions that {@code ...} stands for are named from here on, starting with the last, so that they
     * broadcast.
     */
    private static final char ELLIPSIS = '\uE000';

    private final String equation;
    private final Tensor[] operands;
    private int ellipsisRank;

    private Einsum(String equation, Tensor[] operands) {
        this.equation = equation;
        this.operands = operands;
    }

    /** A tensor and the names of its dimensions. */
    private record Named(Tensor tensor, String labels) {
        long size(int label) {
            return tensor.shape().size(labels.indexOf(label));
        }

        /** This tensor summed over the dimensions that are not kept. */
        Named sumExcept(IntPredicate kept) {
            int[] dims = Arrays.stream(labels.chars().toArray())
                    .filter(kept.negate())
                    .map(labels::indexOf)
                    .toArray();
            return dims.length == 0 ? this : new Named(tensor.sum(dims), filter(labels, kept));
        }

        /** This tensor with its dimensions in another order; missing names get a dimension of size 1. */
        Tensor align(String order) {
            String present = filter(order, c -> labels.indexOf(c) >= 0);
            Tensor permuted =
                    tensor.permute(present.chars().map(labels::indexOf).toArray());
            long[] sizes = order.chars()
                    .mapToLong(c -> labels.indexOf(c) >= 0 ? size(c) : 1)
                    .toArray();
            return permuted.reshape(Shape.of(sizes));
        }
    }

    /** Computes an equation. */
    public static Tensor run(String equation, Tensor... operands) {
        return new Einsum(equation.replace(" ", ""), operands).run();
    }

    private Tensor run() {
        String[] sides = equation.split("->", -1);
        String[] terms = sides[0].split(",", -1);
        if (sides.length > 2 || terms.length != operands.length || operands.length < 1 || operands.length > 2) {
            throw bad(
                    "names " + terms.length + " operands, got " + operands.length,
                    "give one or two operands, as named");
        }
        Named[] named = new Named[operands.length];
        for (int i = 0; i < named.length; i++) {
            named[i] = diagonals(operands[i], expandEllipsis(terms[i], operands[i]));
        }
        String output = sides.length == 2 ? expandOutput(sides[1]) : implicitOutput(terms);
        checkOutput(output, named);
        checkSizes(named);
        return named.length == 1
                ? named[0].sumExcept(c -> output.indexOf(c) >= 0).align(output)
                : product(named[0], named[1], output);
    }

    private Tensor product(Named left, Named right, String output) {
        Named a = expandShared(left.sumExcept(c -> output.indexOf(c) >= 0 || right.labels.indexOf(c) >= 0), right);
        Named b = expandShared(right.sumExcept(c -> output.indexOf(c) >= 0 || left.labels.indexOf(c) >= 0), a);
        String batch = filter(a.labels, c -> b.labels.indexOf(c) >= 0 && output.indexOf(c) >= 0);
        String summed = filter(a.labels, c -> b.labels.indexOf(c) >= 0 && output.indexOf(c) < 0);
        String rows = filter(a.labels, c -> b.labels.indexOf(c) < 0);
        String columns = filter(b.labels, c -> a.labels.indexOf(c) < 0);
        if (summed.isEmpty()) {
            String all = batch + rows + columns;
            return new Named(a.align(all).mul(b.align(all)), all).align(output);
        }
        Shape batchShape = shape(batch, a);
        long m = shape(rows, a).elements();
        long k = shape(summed, a).elements();
        long n = shape(columns, b).elements();
        Tensor x = a.align(batch + rows + summed).reshape(Shape.of(batchShape.elements(), m, k));
        Tensor y = b.align(batch + summed + columns).reshape(Shape.of(batchShape.elements(), k, n));
        Shape full = batchShape.concat(shape(rows, a)).concat(shape(columns, b));
        return new Named(x.matmul(y).reshape(full), batch + rows + columns).align(output);
    }

    /** Expands dimensions of size 1 that are larger in the other operand. */
    private static Named expandShared(Named a, Named b) {
        long[] sizes = a.labels
                .chars()
                .mapToLong(c -> a.size(c) == 1 && b.labels.indexOf(c) >= 0 ? b.size(c) : a.size(c))
                .toArray();
        return new Named(a.tensor.expand(Shape.of(sizes)), a.labels);
    }

    private static Shape shape(String labels, Named named) {
        return Shape.of(labels.chars().mapToLong(named::size).toArray());
    }

    private String expandEllipsis(String term, Tensor operand) {
        int at = term.indexOf("...");
        int rank = operand.shape().rank();
        int letters = at < 0 ? term.length() : term.length() - 3;
        if (letters > rank || at < 0 && letters < rank) {
            throw bad(
                    "names " + letters + " dimensions as '" + term + "', the operand is " + operand.spec(),
                    "name each dimension, or write ... for the others");
        }
        String expanded = at < 0 ? term : term.substring(0, at) + ellipsis(rank - letters) + term.substring(at + 3);
        ellipsisRank = Math.max(ellipsisRank, rank - letters);
        for (int c : expanded.chars().toArray()) {
            if (!Character.isLetter(c) && c < ELLIPSIS) {
                throw bad("has '" + (char) c + "' as a name", "name dimensions by letters");
            }
        }
        return expanded;
    }

    private static String ellipsis(int rank) {
        StringBuilder labels = new StringBuilder();
        for (int i = rank - 1; i >= 0; i--) {
            labels.append((char) (ELLIPSIS + i));
        }
        return labels.toString();
    }

    private String expandOutput(String term) {
        return term.replace("...", ellipsis(ellipsisRank));
    }

    /** The dimensions that {@code ...} stands for, then the letters that occur once, in alphabetical order. */
    private String implicitOutput(String[] terms) {
        TreeMap<Character, Integer> counts = new TreeMap<>();
        for (String term : terms) {
            term.replace("...", "").chars().forEach(c -> counts.merge((char) c, 1, Integer::sum));
        }
        StringBuilder output = new StringBuilder(ellipsis(ellipsisRank));
        counts.forEach((label, count) -> {
            if (count == 1) {
                output.append(label);
            }
        });
        return output.toString();
    }

    private void checkOutput(String output, Named[] named) {
        if (output.chars().distinct().count() != output.length()) {
            throw bad("names a dimension of the result twice", "name each once");
        }
        for (int c : output.chars().toArray()) {
            if (Arrays.stream(named).noneMatch(operand -> operand.labels.indexOf(c) >= 0)) {
                throw bad("has '" + (char) c + "' in the result only", "name it in an operand");
            }
        }
    }

    private void checkSizes(Named[] named) {
        if (named.length < 2) {
            return;
        }
        for (int c : named[0].labels.chars().toArray()) {
            if (named[1].labels.indexOf(c) >= 0) {
                long a = named[0].size(c);
                long b = named[1].size(c);
                if (a != b && a != 1 && b != 1) {
                    throw bad(
                            "gives '" + (char) c + "' the sizes " + a + " and " + b + " in "
                                    + List.of(operands[0].spec(), operands[1].spec()),
                            "sizes of one name must agree");
                }
            }
        }
    }

    /** Takes the diagonal of dimensions with the same name. */
    private Named diagonals(Tensor operand, String labels) {
        Named named = new Named(operand, labels);
        for (int second = labels.length() - 1; second > 0; second--) {
            String current = named.labels;
            if (second >= current.length()) {
                continue;
            }
            int first = current.indexOf(current.charAt(second));
            if (first < second) {
                if (named.tensor.shape().size(first) != named.tensor.shape().size(second)) {
                    throw bad("takes the diagonal of " + operand.spec(), "its sizes must agree");
                }
                char label = current.charAt(second);
                String rest = new StringBuilder(current)
                        .deleteCharAt(second)
                        .deleteCharAt(first)
                        .append(label)
                        .toString();
                named = diagonals(named.tensor.diagonal(first, second), rest);
                second = named.labels.length();
            }
        }
        return named;
    }

    private static String filter(String labels, IntPredicate kept) {
        return labels.chars()
                .filter(kept)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private TensorException bad(String found, String remedy) {
        return new TensorException("einsum: '" + equation + "' " + found + "; " + remedy);
    }
}
