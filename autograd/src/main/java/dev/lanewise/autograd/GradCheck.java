package dev.lanewise.autograd;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Compares gradients with central finite differences in {@link DType#F64}, along random directions: {@code (f(x + h v) -
 * f(x - h v)) / 2h} against {@code <gradient, v>} for a random weighting of f's outputs.
 */
public final class GradCheck {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 2e-6;
    private static final int DIRECTIONS = 3;

    private final Rng rng;

    private GradCheck(long seed) {
        rng = new Rng(seed);
    }

    /**
     * Checks the first derivatives.
     *
     * @param f computes results from the inputs by tensor operations
     * @param inputs of type {@link DType#F64} where they are differentiated; other types stay fixed
     * @throws AssertionError naming expected and found value of the first directional derivative that disagrees
     */
    public static void first(Function<Tensor[], Tensor[]> f, Tensor... inputs) {
        try (var ignored = Scope.open("GradCheck")) {
            new GradCheck(1).check("first derivative", f, inputs);
        }
    }

    /** Checks the second derivatives: the first derivatives of a random weighting of the gradients. */
    public static void second(Function<Tensor[], Tensor[]> f, Tensor... inputs) {
        try (var ignored = Scope.open("GradCheck")) {
            GradCheck check = new GradCheck(2);
            List<Tensor> weights = new ArrayList<>();
            check.check("second derivative", xs -> check.gradient(f, xs, weights), inputs);
        }
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
        Gradients gradients = Autograd.gradients(value);
        for (int repeat = 0; repeat < DIRECTIONS; repeat++) {
            Tensor[] directions = directions(inputs);
            double slope = 0;
            for (int i = 0; i < inputs.length; i++) {
                if (inputs[i].dtype().isFloating() && gradients.has(watched[i])) {
                    slope += gradients.of(watched[i]).mul(directions[i]).sum().item();
                }
            }
            compare(what, slope, difference(f, inputs, weights, directions));
        }
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
