package dev.lanewise.lm;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Computations on scores of next tokens. */
final class Scores {
    private Scores() {}

    static void above(String what, double value, double limit) {
        if (!(value > limit) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(
                    what + ": found " + value + "; expected more than " + limit + "; leave it out to do without");
        }
    }

    static void share(String what, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(
                    what + ": found " + value + "; expected 0 to 1; leave it out to do without");
        }
    }

    /**
     * Refuses scores of a model that are not numbers, of which none is the best.
     *
     * @throws TensorException if one is NaN
     */
    static void requireNumbers(double[] scores) {
        for (int token = 0; token < scores.length; token++) {
            if (Double.isNaN(scores[token])) {
                throw new TensorException("generate: NaN as the score of token " + token + " (expected a number);"
                        + " the weights are damaged, or too large for the type that the model computes in");
            }
        }
    }

    static void forbid(double[] scores, int token) {
        if (token >= 0 && token < scores.length) {
            scores[token] = Double.NEGATIVE_INFINITY;
        }
    }

    /** Removes tokens; returns how many. The condition may read the scores, which change only afterwards. */
    static int remove(double[] scores, IntPredicate condition) {
        int[] removed = IntStream.range(0, scores.length).filter(condition).toArray();
        for (int token : removed) {
            scores[token] = Double.NEGATIVE_INFINITY;
        }
        return removed.length;
    }

    /** The score of which so many are at least as great: by a heap of those, since few of many tokens are asked for. */
    static double greatest(double[] scores, int count) {
        double[] heap = Arrays.copyOf(scores, count);
        Arrays.sort(heap);
        for (int i = count; i < scores.length; i++) {
            if (scores[i] > heap[0]) {
                int at = 0;
                for (int child = 1; child < count; child = 2 * at + 1) {
                    child += child + 1 < count && heap[child + 1] < heap[child] ? 1 : 0;
                    if (scores[i] <= heap[child]) {
                        break;
                    }
                    heap[at] = heap[child];
                    at = child;
                }
                heap[at] = scores[i];
            }
        }
        return heap[0];
    }

    /** Removes tokens that are less likely than a limit, but never the best. */
    static void cut(double[] scores, double[] probabilities, double least) {
        double best = Arrays.stream(scores).max().orElse(0);
        remove(scores, i -> probabilities[i] < least && scores[i] < best);
    }

    static double entropy(double[] probabilities) {
        return -Arrays.stream(probabilities)
                .filter(p -> p > 0)
                .map(p -> p * Math.log(p))
                .sum();
    }

    /** Positions by value, smallest first. */
    static Integer[] order(double[] values) {
        Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(i -> values[i]));
        return order;
    }

    /** Probabilities of scores; all 0 where every one is minus infinity. */
    static double[] softmax(double[] scores) {
        double[] out = new double[scores.length];
        double most = max(scores);
        if (most == Double.NEGATIVE_INFINITY) {
            return out;
        }
        double sum = 0;
        for (int i = 0; i < out.length; i++) {
            out[i] = Math.exp(scores[i] - most);
            sum += out[i];
        }
        for (int i = 0; i < out.length; i++) {
            out[i] /= sum;
        }
        return out;
    }

    /** {@return the logarithms of the probabilities that scores stand for} */
    static double[] logSoftmax(double[] scores) {
        double most = max(scores);
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score - most);
        }
        double all = most + Math.log(sum);
        double[] out = new double[scores.length];
        Arrays.setAll(out, i -> scores[i] - all);
        return out;
    }

    static double max(double[] scores) {
        double most = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            most = Math.max(most, score);
        }
        return most;
    }

    /** The position of the greatest score, the first of equal ones. */
    static int best(double[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    /**
     * {@return a position, chosen by the probabilities that scores stand for}
     *
     * @param draw a uniform random number from 0 to below 1
     */
    static int draw(double[] scores, double draw) {
        double[] probabilities = softmax(scores);
        double sum = 0;
        int last = -1;
        for (int i = 0; i < probabilities.length; i++) {
            sum += probabilities[i];
            if (probabilities[i] > 0) {
                last = i;
                if (draw < sum) {
                    return i;
                }
            }
        }
        // the sum may end a little below 1
        return last < 0 ? best(scores) : last;
    }
}
