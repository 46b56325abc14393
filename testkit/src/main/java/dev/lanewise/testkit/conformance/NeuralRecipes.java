package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Random losses, normalizations, attentions and recurrences. The gradients' operands come from a forward pass. */
final class NeuralRecipes {
    private final Dice dice;
    private final DType dtype;

    NeuralRecipes(Dice dice, DType dtype) {
        this.dice = dice;
        this.dtype = dtype;
    }

    private Recipe.Operand any(Shape shape) {
        return Recipe.Operand.any(dtype, shape);
    }

    private Recipe.Operand any(long... sizes) {
        return any(Shape.of(sizes));
    }

    /** The results of a forward pass, in the types that its inference says. */
    private static Tensor[] forward(Op.Fused op, Tensor... in) {
        Tensor[] wide = Arrays.stream(in)
                .map(t -> t.dtype().isFloating() ? t.to(DType.F64) : t)
                .toArray(Tensor[]::new);
        var specs = op.infer(Arrays.stream(in).map(Tensor::spec).toArray(TensorSpec[]::new));
        Tensor[] results = op.decompose(wide);
        for (int i = 0; i < results.length; i++) {
            results[i] = results[i].to(specs[i].dtype());
        }
        return results;
    }

    Recipe softmax(boolean log) {
        Shape shape = dice.shape(1, 4);
        return new Recipe(new Softmax(dice.below(shape.rank()), log), any(shape));
    }

    Recipe softmaxGrad(boolean log) {
        Shape shape = dice.shape(1, 4);
        Softmax forward = new Softmax(dice.below(shape.rank()), log);
        return new Recipe(new SoftmaxGrad(forward), List.of(any(shape), any(shape)), in ->
                new Tensor[] {in[0], forward(forward, in[1])[0]});
    }

    private Recipe crossEntropy(CrossEntropy loss, Shape logits) {
        List<Recipe.Operand> operands =
                new ArrayList<>(List.of(any(logits), Recipe.Operand.index(logits.size(1), Shape.of(logits.size(0)))));
        if (dice.chance(0.5)) {
            operands.add(any(logits.size(1)).as(Recipe.Values.POSITIVE));
        }
        return new Recipe(loss, operands.toArray(Recipe.Operand[]::new));
    }

    private CrossEntropy loss(Reduction reduction) {
        return new CrossEntropy(
                reduction, dice.chance(0.5) ? -100 : dice.below(4), dice.chance(0.5) ? 0 : dice.below(11) / 10.0);
    }

    private Shape logits() {
        return Shape.of(dice.size(), dice.between(1, 20));
    }

    Recipe crossEntropy(Reduction reduction) {
        return crossEntropy(loss(reduction), logits());
    }

    Recipe crossEntropyGrad(Reduction reduction) {
        CrossEntropy loss = loss(reduction);
        Shape logits = logits();
        List<Recipe.Operand> operands = new ArrayList<>();
        operands.add(reduction == Reduction.NONE ? any(logits.size(0)) : any());
        operands.addAll(crossEntropy(loss, logits).operands());
        return new Recipe(new CrossEntropyGrad(loss), operands, in -> {
            Tensor[] replaced = in.clone();
            replaced[1] = forward(loss, Arrays.copyOfRange(in, 1, in.length))[1];
            return replaced;
        });
    }

    /** Large enough that rounding does not decide what a row of equal numbers gives. */
    private double epsilon() {
        return dice.chance(0.5) ? 0.1 : 0.01;
    }

    Recipe layerNorm() {
        Shape shape = dice.shape(1, 4);
        int dims = dice.between(1, shape.rank());
        Shape affine = shape.slice(shape.rank() - dims, shape.rank());
        List<Recipe.Operand> operands = new ArrayList<>(List.of(any(shape)));
        for (int i = dice.below(3); i > 0; i--) {
            operands.add(any(affine).as(Recipe.Values.SMALL));
        }
        return new Recipe(new LayerNormalization(dims, epsilon()), operands.toArray(Recipe.Operand[]::new));
    }

    Recipe layerNormGrad() {
        Shape shape = dice.shape(1, 4);
        int dims = dice.between(1, shape.rank());
        LayerNormalization forward = new LayerNormalization(dims, epsilon());
        Shape leading = shape.slice(0, shape.rank() - dims);
        List<Recipe.Operand> operands = new ArrayList<>(List.of(any(shape), any(shape), any(leading), any(leading)));
        if (dice.chance(0.5)) {
            operands.add(any(shape.slice(shape.rank() - dims, shape.rank())));
        }
        return new Recipe(new LayerNormalizationGrad(forward), operands, in -> {
            Tensor[] y = forward(forward, in[1]);
            Tensor[] replaced = in.clone();
            replaced[2] = y[1].to(in[2].dtype());
            replaced[3] = y[2].to(in[3].dtype());
            return replaced;
        });
    }

    Recipe batchNorm() {
        Shape shape = dice.shape(2, 4);
        Shape channels = Shape.of(shape.size(1));
        return new Recipe(
                new BatchNormalization(epsilon()),
                any(shape),
                any(channels).as(Recipe.Values.SMALL),
                any(channels).as(Recipe.Values.SMALL));
    }

    Recipe batchNormGrad() {
        Shape shape = dice.shape(2, 4);
        BatchNormalization forward = new BatchNormalization(epsilon());
        Recipe.Operand channels = any(shape.size(1));
        return new Recipe(
                new BatchNormalizationGrad(forward),
                List.of(any(shape), any(shape), channels, channels, channels),
                in -> {
                    Tensor[] y = forward(forward, in[1], in[2], in[2]);
                    return new Tensor[] {in[0], in[1], in[2], y[1].to(in[3].dtype()), y[2].to(in[4].dtype())};
                });
    }

    private List<Recipe.Operand> attended() {
        Shape leading = dice.chance(0.5) ? Shape.SCALAR : dice.narrower(Shape.of(2, 3));
        long l = dice.chance(0.04) ? 0 : dice.between(1, 12);
        long s = dice.chance(0.06) ? 0 : dice.between(1, 12);
        long e = dice.between(1, 17);
        long v = dice.between(1, 17);
        List<Recipe.Operand> operands = new ArrayList<>(List.of(
                any(leading.concat(Shape.of(l, e))),
                any(leading.concat(Shape.of(s, e))),
                any(leading.concat(Shape.of(s, v)))));
        if (dice.chance(0.5)) {
            operands.add(any(dice.narrower(leading.concat(Shape.of(l, s)))));
        }
        return operands;
    }

    /** The mask hides some keys, and sometimes all that a query has. */
    private static Tensor hide(Tensor mask) {
        return mask.maskedFill(mask.lt(-1), Double.NEGATIVE_INFINITY);
    }

    Recipe attention(boolean causal) {
        Attention op = new Attention(0.4, causal);
        boolean hides = dice.chance(0.7);
        return new Recipe(op, attended(), in -> {
            Tensor[] replaced = in.clone();
            if (in.length == 4 && hides && in[3].dtype().isFloating()) {
                replaced[3] = hide(in[3]);
            }
            return replaced;
        });
    }

    Recipe attentionGrad(boolean causal) {
        Attention forward = new Attention(0.4, causal);
        boolean hides = dice.chance(0.7);
        List<Recipe.Operand> in = attended();
        Shape queries = in.get(0).spec().shape();
        Shape values = in.get(2).spec().shape();
        Shape result = queries.with(-1, values.size(-1));
        List<Recipe.Operand> operands = new ArrayList<>(
                List.of(any(result), in.get(0), in.get(1), in.get(2), any(result), any(queries.without(-1))));
        operands.addAll(in.subList(3, in.size()));
        return new Recipe(new AttentionGrad(forward), operands, given -> {
            Tensor[] replaced = given.clone();
            if (given.length == 7 && hides) {
                replaced[6] = hide(given[6]);
            }
            Tensor[] y = given.length == 7
                    ? forward(forward, given[1], given[2], given[3], replaced[6])
                    : forward(forward, given[1], given[2], given[3]);
            replaced[4] = y[0];
            replaced[5] = y[1];
            return replaced;
        });
    }

    private Recipe recurrence(Recurrence op) {
        long n = dice.between(1, 3);
        long time = dice.between(1, 4);
        long in = dice.between(1, 9);
        long hidden = dice.between(1, 9);
        long rows = op.kind().gates() * hidden;
        List<Recipe.Operand> operands = new ArrayList<>(List.of(any(n, time, in)));
        for (int direction = 0; direction < op.directions(); direction++) {
            operands.addAll(List.of(any(rows, in), any(rows, hidden), any(rows), any(rows)));
            for (int state = 0; state < op.kind().states(); state++) {
                operands.add(any(n, hidden));
            }
        }
        return new Recipe(
                op, operands.stream().map(o -> o.as(Recipe.Values.SMALL)).toArray(Recipe.Operand[]::new));
    }

    Recipe recurrence(Recurrence.Kind kind) {
        return recurrence(new Recurrence(kind, dice.chance(0.5), dice.chance(0.5)));
    }

    Recipe recurrenceGrad(Recurrence.Kind kind) {
        RecurrenceGrad op = new RecurrenceGrad(new Recurrence(kind, dice.chance(0.5), true), dice.chance(0.5));
        Recipe forward = recurrence(op.forward());
        var results = op.forward()
                .infer(forward.operands().stream().map(Recipe.Operand::spec).toArray(TensorSpec[]::new));
        List<Recipe.Operand> operands = new ArrayList<>();
        for (int i = 0; i < op.upstreams(); i++) {
            operands.add(any(results[i].shape()));
        }
        operands.addAll(forward.operands());
        operands.add(any(results[0].shape()));
        return new Recipe(op, operands, in -> {
            Tensor[] replaced = in.clone();
            replaced[op.output()] = forward(op.forward(), Arrays.copyOfRange(in, op.upstreams(), op.output()))[0];
            return replaced;
        });
    }
}
