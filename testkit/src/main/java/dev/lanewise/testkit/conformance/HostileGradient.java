package dev.lanewise.testkit.conformance;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.reduce.Sort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of an operation at points where it may have a kink: equal numbers, zeros, or arbitrary points. Along any
 * direction it must lie between the slopes to both sides, which are equal at a smooth point. Where the function jumps
 * or has a pole, slopes disagree and nothing is checked.
 */
final class HostileGradient {
    private static final double STEP = 1e-6;
    private static final double TOLERANCE = 2e-4;
    private static final List<Spread> SPREADS = List.of(Spread.ORDINARY, Spread.TIES, Spread.ZEROS, Spread.CONSTANT);

    private final Device device;
    private final Dice dice;
    private final Op template;

    HostileGradient(Device device, Dice dice, Op template) {
        this.device = device;
        this.dice = dice;
        this.template = template;
    }

    void run(HostileCase.Teller teller) {
        if (!GradientChecks.isDifferentiable(template)) {
            return;
        }
        Recipe recipe = wide(HostileOps.of(template, dice));
        Spread spread = dice.one(SPREADS);
        teller.begins("gradient of " + HostileCase.describe(recipe, spread));
        Op op = recipe.op();
        Tensor[] operands = new Ingredients(device, dice, spread).make(recipe);
        long elements =
                Arrays.stream(operands).mapToLong(t -> t.shape().elements()).sum();
        boolean unique = !(op == Linalg.QR || op == Linalg.CHOLESKY || op == Linalg.SVD);
        if (elements > 0 && elements <= 1500 && unique) {
            check(op, operands);
        }
    }

    private static Recipe wide(Recipe recipe) {
        return recipe.with(recipe.operands().stream()
                .map(o -> o.spec().dtype().isFloating()
                        ? new Recipe.Operand(o.spec().with(DType.F64), o.values(), o.bound())
                        : o)
                .toList());
    }

    /**
     * A weighted sum of some of the results: which ones decides the rule that runs. Or only one element of one: it has
     * one kink at a point where others have theirs too.
     */
    private final class Sum {
        private final Op op;
        private final boolean single = dice.chance(0.5);
        private final List<Tensor> weights = new ArrayList<>();

        Sum(Op op, Tensor[] operands) {
            this.op = op;
            Tensor[] results = Expectation.empty(op, operands);
            boolean any = false;
            for (Tensor result : results) {
                boolean used = result.dtype() == DType.F64 && dice.chance(0.6) && !(single && any);
                any |= used;
                weights.add(used ? weight(result) : result.zerosLike());
            }
            if (!any && results[0].dtype() == DType.F64) {
                weights.set(0, weight(results[0]));
            }
        }

        private Tensor weight(Tensor like) {
            double[] values = numbers(like);
            if (single && values.length > 0) {
                Arrays.fill(values, 0);
                values[dice.below(values.length)] = 1;
            }
            return Tensor.of(values, like.shape().toArray()).to(device);
        }

        private Tensor direction(Tensor like) {
            return Tensor.of(numbers(like), like.shape().toArray()).to(device);
        }

        private boolean uses(int result) {
            return weights.get(result).dtype() == DType.F64
                    && weights.get(result).shape().elements() > 0
                    && weights.get(result).abs().sum().item() > 0;
        }

        Tensor of(Tensor[] results) {
            Tensor sum = null;
            for (int i = 0; i < results.length; i++) {
                if (uses(i)) {
                    Tensor term = results[i].mul(weights.get(i)).sum();
                    sum = sum == null ? term : sum.add(term);
                }
            }
            return sum == null ? Tensor.full(0, DType.F64, device) : sum;
        }

        /** The terms of the sum where the operands are moved by a step. */
        private double[] at(Tensor[] operands, Tensor[] directions, double step) {
            Tensor[] moved = new Tensor[operands.length];
            for (int i = 0; i < moved.length; i++) {
                moved[i] = operands[i].dtype() == DType.F64 ? operands[i].add(directions[i].mul(step)) : operands[i];
            }
            Tensor[] results = Tensor.applyAll(op, moved);
            return IntStream.range(0, results.length)
                    .filter(this::uses)
                    .mapToObj(i -> results[i].mul(weights.get(i)).toDoubleArray())
                    .flatMapToDouble(Arrays::stream)
                    .toArray();
        }

        /** The slopes of the terms to one side, or null where there are none. */
        private double @Nullable [] slopes(Tensor[] operands, Tensor[] directions, double step) {
            double[] here = at(operands, directions, 0);
            double[] wide = at(operands, directions, step);
            double[] narrow = at(operands, directions, step / 8);
            double[] slopes = new double[here.length];
            double difference = 0;
            double size = 1;
            for (int i = 0; i < slopes.length; i++) {
                slopes[i] = (narrow[i] - here[i]) / (step / 8);
                double other = (wide[i] - here[i]) / step;
                difference += Math.abs(slopes[i] - other);
                size += Math.abs(other);
            }
            return difference <= TOLERANCE * size ? slopes : null;
        }

        /**
         * The least and the largest slope that the sum may have, or null where it has none: each term's is between
         * those to its two sides.
         */
        double @Nullable [] slopes(Tensor[] operands, Tensor[] directions) {
            double[] right = slopes(operands, directions, STEP);
            double[] left = slopes(operands, directions, -STEP);
            if (right == null || left == null) {
                return null;
            }
            double least = 0;
            double largest = 0;
            for (int i = 0; i < left.length; i++) {
                least += Math.min(left[i], right[i]);
                largest += Math.max(left[i], right[i]);
            }
            return new double[] {least, largest};
        }
    }

    private static boolean hasEqual(Tensor tensor) {
        double[] values = tensor.toDoubleArray();
        return Arrays.stream(values).distinct().count() < values.length;
    }

    private double[] numbers(Tensor like) {
        double[] values = new double[Math.toIntExact(like.shape().elements())];
        Arrays.setAll(values, i -> 2 * dice.random().nextDouble() - 1);
        return values;
    }

    /** Whether it is constant, and yet has PyTorch's gradient, which passes a bound: 1 where the operand is both bounds. */
    private static boolean isConstantClamp(Op op) {
        return op instanceof UnaryWith with && with.kind() == UnaryWith.Kind.CLAMP && with.a() == with.b();
    }

    private void check(Op op, Tensor[] operands) {
        Sum sum = new Sum(op, operands);
        Tensor[] directions = new Tensor[operands.length];
        Tensor[] watched = new Tensor[operands.length];
        for (int i = 0; i < operands.length; i++) {
            boolean real = operands[i].dtype() == DType.F64;
            directions[i] = real ? sum.direction(operands[i]) : operands[i];
            watched[i] = real ? Autograd.watch(operands[i]) : operands[i];
        }
        double[] slopes = sum.slopes(operands, directions);
        Tensor value = sum.of(Tensor.applyAll(op, watched));
        if (!Autograd.isTracked(value)) {
            return;
        }
        Gradients gradients = Autograd.gradients(new Tensor[] {value}, new Tensor[] {value.onesLike()}, Graph.RELEASE);
        double slope = 0;
        for (int i = 0; i < operands.length; i++) {
            if (operands[i].dtype() == DType.F64 && gradients.has(watched[i])) {
                slope += gradients.of(watched[i]).mul(directions[i]).sum().item();
            }
        }
        if (slopes == null || isConstantClamp(op)) {
            return;
        }
        double least = slopes[0];
        double largest = slopes[1];
        double error = 10 * TOLERANCE * (1 + Math.max(Math.abs(least), Math.abs(largest)));
        boolean between = slope >= least - error && slope <= largest + error;
        // kinks of several elements add up to any slope, and equal numbers may be sorted in any order
        boolean anySlope = largest - least > error && !sum.single || op instanceof Sort && hasEqual(operands[0]);
        if (!between && !(anySlope && Double.isFinite(slope))) {
            throw new AssertionError("the slope by the gradient is " + slope + " (expected from " + least + " to "
                    + largest + ", what differences give)");
        }
    }
}
