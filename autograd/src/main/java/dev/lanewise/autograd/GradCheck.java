package dev.lanewise.autograd;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Compares gradients with central finite differences in {@link DType#F64}, along random directions: {@code (f(x + h v) -
 * f(x - h v)) / 2h} against {@code <gradient, v>} for a random weighting of f's outputs.
 */
public final class GradCheck {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 2e-6;
    private static final int DIRECTIONS = 3;

    /** With more results than this, not every subset is checked. */
    private static final int MOST_SUBSETS = 4;

    private final Rng rng;

    private GradCheck(long seed) {
        rng = new Rng(seed);
    }

    /**
     * Checks the first derivatives, of every subset of the results: an operation may use another rule where a gradient
     * reaches only some of them. Rules run as for a plain gradient, and as for one that is differentiated again.
     *
     * @param f computes results from the inputs by tensor operations
     * @param inputs of type {@link DType#F64} where they are differentiated; other types stay fixed
     * @throws AssertionError naming expected and found value of the first directional derivative that disagrees
     */
    public static void first(Function<Tensor[], Tensor[]> f, Tensor... inputs) {
        Objects.requireNonNull(inputs, "inputs");
        for (long results : subsets(f, inputs)) {
            try (var ignored = Scope.open("GradCheck")) {
                new GradCheck(1).check("first derivative" + named(results), only(f, results), inputs);
            }
        }
    }

    /**
     * Checks the second derivatives: the first derivatives of a random weighting of the gradients, likewise.
     *
     * @param f a function of F64 tensors
     * @param inputs where the derivatives are compared
     */
    public static void second(Function<Tensor[], Tensor[]> f, Tensor... inputs) {
        Objects.requireNonNull(inputs, "inputs");
        for (long results : subsets(f, inputs)) {
            try (var ignored = Scope.open("GradCheck")) {
                GradCheck check = new GradCheck(2);
                List<Tensor> weights = new ArrayList<>();
                Function<Tensor[], Tensor[]> some = only(f, results);
                check.check("second derivative" + named(results), xs -> check.gradient(some, xs, weights), inputs);
            }
        }
    }

    /** Sets of results as bits, the full set first; if there are very many results, all together and each alone. */
    private static long[] subsets(Function<Tensor[], Tensor[]> f, Tensor[] inputs) {
        try (var ignored = Scope.open("GradCheck")) {
            Tensor[] results = f.apply(inputs);
            long all = 0;
            for (int i = 0; i < results.length; i++) {
                all |= results[i].dtype().isFloating() ? 1L << i : 0;
            }
            long whole = all;
            LongStream sets = Long.bitCount(all) <= MOST_SUBSETS
                    ? LongStream.range(1, whole).filter(set -> (set & ~whole) == 0)
                    : IntStream.range(0, results.length).mapToLong(i -> 1L << i).filter(set -> (set & whole) != 0);
            return LongStream.concat(LongStream.of(whole), sets).toArray();
        }
    }

    private static String named(long results) {
        return " of results " + BitSet.valueOf(new long[] {results});
    }

    private static Function<Tensor[], Tensor[]> only(Function<Tensor[], Tensor[]> f, long results) {
        return xs -> {
            Tensor[] all = f.apply(xs);
            return IntStream.range(0, all.length)
                    .filter(i -> (results >> i & 1) != 0)
                    .mapToObj(i -> all[i])
                    .toArray(Tensor[]::new);
        };
    }

    private Tensor[] gradient(Function<Tensor[], Tensor[]> f, Tensor[] inputs, List<Tensor> weights) {
        Tensor[] watched = new Tensor[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            watched[i] = !inputs[i].dtype().isFloating() || Autograd.isTracked(inputs[i])
                    ? inputs[i]
                    : Autograd.watch(inputs[i]);
        }
        Tensor value = weighted(f.apply(watched), weights);
        List<Tensor> wrt = new ArrayList<>();
        for (Tensor tensor : watched) {
            if (tensor.dtype().isFloating()) {
                wrt.add(tensor);
            }
        }
        if (!Autograd.isTracked(value)) {
            return wrt.stream().map(Tensor::zerosLike).toArray(Tensor[]::new);
        }
        Tensor[] targets = wrt.toArray(Tensor[]::new);
        Gradients gradients =
                Autograd.gradients(new Tensor[] {value}, new Tensor[] {value.onesLike()}, targets, Graph.DIFFERENTIATE);
        return wrt.stream()
                .map(tensor -> gradients.has(tensor) ? gradients.of(tensor) : tensor.zerosLike())
                .toArray(Tensor[]::new);
    }

    /** The sum of the outputs under random weights, which are drawn once. */
    private Tensor weighted(Tensor[] outputs, List<Tensor> weights) {
        Tensor sum = null;
        int used = 0;
        for (Tensor output : outputs) {
            if (output.dtype().isFloating()) {
                if (weights.size() == used) {
                    weights.add(output.randnLike(rng));
                }
                Tensor term = output.mul(weights.get(used++)).sum();
                sum = sum == null ? term : sum.add(term);
            }
        }
        if (sum == null) {
            throw new TensorException("gradient check: no output is of a floating-point type; check the function");
        }
        return sum;
    }

    private void check(String what, Function<Tensor[], Tensor[]> f, Tensor[] inputs) {
        List<Tensor> weights = new ArrayList<>();
        Tensor[] watched = new Tensor[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            watched[i] = inputs[i].dtype().isFloating() ? Autograd.watch(inputs[i]) : inputs[i];
        }
        Tensor value = weighted(f.apply(watched), weights);
        if (!Autograd.isTracked(value)) {
            compare(what, 0, difference(f, inputs, weights, directions(inputs)));
            return;
        }
        // one keeps what the other needs, and takes the path of a gradient that is differentiated again
        Gradients again = Autograd.gradients(value, Graph.DIFFERENTIATE);
        Gradients plain = Autograd.gradients(value);
        for (int repeat = 0; repeat < DIRECTIONS; repeat++) {
            Tensor[] directions = directions(inputs);
            double expected = difference(f, inputs, weights, directions);
            compare(what, slope(plain, watched, directions), expected);
            compare(what + " to be differentiated", slope(again, watched, directions), expected);
        }
    }

    private static double slope(Gradients gradients, Tensor[] watched, Tensor[] directions) {
        double slope = 0;
        for (int i = 0; i < watched.length; i++) {
            if (watched[i].dtype().isFloating() && gradients.has(watched[i])) {
                slope += gradients.of(watched[i]).mul(directions[i]).sum().item();
            }
        }
        return slope;
    }

    private Tensor[] directions(Tensor[] inputs) {
        Tensor[] directions = new Tensor[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            directions[i] = inputs[i].dtype().isFloating() ? inputs[i].randnLike(rng) : inputs[i];
        }
        return directions;
    }

    private double difference(
            Function<Tensor[], Tensor[]> f, Tensor[] inputs, List<Tensor> weights, Tensor[] directions) {
        double above =
                weighted(f.apply(moved(inputs, directions, STEP)), weights).item();
        double below =
                weighted(f.apply(moved(inputs, directions, -STEP)), weights).item();
        return (above - below) / (2 * STEP);
    }

    private static Tensor[] moved(Tensor[] inputs, Tensor[] directions, double step) {
        Tensor[] moved = new Tensor[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            moved[i] = inputs[i].dtype().isFloating() ? inputs[i].add(directions[i].mul(step)) : inputs[i];
        }
        return moved;
    }

    private static void compare(String what, double found, double expected) {
        if (!(Math.abs(found - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))) {
            throw new AssertionError(
                    String.format(Locale.ROOT, "%s: got %.9g, finite differences give %.9g", what, found, expected));
        }
    }
}
