package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import dev.lanewise.tensor.op.view.Reshape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The gradient rules of fused operations: their own backward operations, or, when the gradient is to be differentiated
 * again or reaches one of the results meant for the backward pass, their decomposition.
 */
final class FusedRules {
    private FusedRules() {}

    /** Records the decomposition and differentiates that. */
    static Rule decomposed(Op.Fused op) {
        return Rule.inputs((c, i) -> c.once(() -> decompose(op, c))[i]);
    }

    static Rule crossEntropy(CrossEntropy op) {
        return new Rule(
                Rule.ALL,
                2,
                (c, i) -> needsDecomposition(c)
                        ? c.once(() -> decompose(op, c))[i]
                        : i != 0
                                ? c.once(() -> decompose(op, c))[i]
                                : Tensor.apply(
                                        new CrossEntropyGrad(op),
                                        c.inputs() == 3
                                                ? new Tensor[] {c.g(), c.y(1), c.x(1), c.x(2)}
                                                : new Tensor[] {c.g(), c.y(1), c.x(1)}));
    }

    static Rule layerNorm(LayerNormalization op) {
        return new Rule(
                3,
                6,
                (c, i) -> needsDecomposition(c)
                        ? decomposedLayerNorm(op, c, i)
                        : c.once(() -> Tensor.applyAll(
                                new LayerNormalizationGrad(op),
                                c.inputs() > 1
                                        ? new Tensor[] {c.g(), c.x(0), c.y(1), c.y(2), c.x(1)}
                                        : new Tensor[] {c.g(), c.x(0), c.y(1), c.y(2)}))[i]);
    }

    /** The bias was not saved, since its gradient does not depend on its values: any values of its shape will do. */
    private static @Nullable Tensor decomposedLayerNorm(LayerNormalization op, Context c, int input) {
        return c.once(() -> {
            List<Tensor> operands = new ArrayList<>(List.of(c.x(0)));
            if (c.inputs() > 1) {
                operands.add(c.x(1));
            }
            if (c.inputs() > 2) {
                operands.add(Autograd.watch(Autograd.detach(c.x(1))));
            }
            return decompose(op, c, operands.toArray(Tensor[]::new));
        })[input];
    }

    static Rule batchNorm(BatchNormalization op) {
        return new Rule(
                3,
                6,
                (c, i) -> needsDecomposition(c)
                        ? c.once(() -> decompose(
                                op, c, new Tensor[] {c.x(0), c.x(1), Autograd.watch(Autograd.detach(c.x(1)))}))[i]
                        : c.once(() ->
                                Tensor.applyAll(new BatchNormalizationGrad(op), c.g(), c.x(0), c.x(1), c.y(1), c.y(2)))[
                                i]);
    }

    /**
     * The backward operation gives no gradient of the mask; if one is wanted, it is computed together with the others.
     */
    static Rule attention(Attention op) {
        return new Rule(
                Rule.ALL,
                3,
                (c, i) -> needsDecomposition(c) || c.inputs() == 4 && c.needs(3)
                        ? c.once(() -> decompose(op, c))[i]
                        : c.once(() -> Tensor.applyAll(
                                new AttentionGrad(op),
                                c.inputs() == 4
                                        ? new Tensor[] {c.g(), c.x(0), c.x(1), c.x(2), c.y(0), c.y(1), c.x(3)}
                                        : new Tensor[] {c.g(), c.x(0), c.x(1), c.x(2), c.y(0), c.y(1)}))[i]);
    }

    static Rule recurrence(Recurrence op) {
        return new Rule(
                Rule.ALL, 1, (c, i) -> c.once(() -> c.differentiating() ? decompose(op, c) : recurrenceGrad(op, c))[i]);
    }

    private static Tensor[] recurrenceGrad(Recurrence op, Context c) {
        boolean ofStates = false;
        for (int i = 1; i < op.results(); i++) {
            ofStates |= c.upstream(i) != null;
        }
        List<Tensor> operands = new ArrayList<>(List.of(c.g()));
        for (int i = 1; ofStates && i < op.results(); i++) {
            Tensor g = c.upstream(i);
            operands.add(g != null ? g : c.x(op.state(0)).zerosLike());
        }
        for (int i = 0; i < c.inputs(); i++) {
            operands.add(c.x(i));
        }
        operands.add(c.y(0));
        return Tensor.applyAll(new RecurrenceGrad(op, ofStates), operands.toArray(Tensor[]::new));
    }

    private static boolean needsDecomposition(Context c) {
        return c.differentiating() || c.reachesFurtherResults();
    }

    private static @Nullable Tensor[] decompose(Op.Fused op, Context c) {
        Tensor[] operands = new Tensor[c.inputs()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = c.x(i);
        }
        return decompose(op, c, operands);
    }

    private static @Nullable Tensor[] decompose(Op.Fused op, Context c, Tensor[] operands) {
        Graph graph = c.differentiating() ? Graph.DIFFERENTIATE : Graph.RELEASE;
        return Recording.with(true, () -> {
            Tensor[] inner = new Tensor[operands.length];
            List<Tensor> wrt = new ArrayList<>();
            for (int i = 0; i < operands.length; i++) {
                inner[i] = c.needs(i) ? entry(operands[i], graph) : Autograd.detach(operands[i]);
                if (c.needs(i)) {
                    wrt.add(inner[i]);
                }
            }
            Gradients gradients = differentiate(op, c, inner, wrt, graph);
            @Nullable Tensor[] result = new Tensor[operands.length];
            for (int i = 0; i < operands.length; i++) {
                result[i] = c.needs(i) && gradients.has(inner[i]) ? gradients.of(inner[i]) : null;
            }
            return result;
        });
    }

    private static Gradients differentiate(Op.Fused op, Context c, Tensor[] inner, List<Tensor> wrt, Graph graph) {
        Tensor[] results = op.decompose(inner);
        List<Tensor> outputs = new ArrayList<>();
        List<Tensor> upstream = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            Tensor g = c.upstream(i);
            if (g != null && Autograd.isTracked(results[i])) {
                outputs.add(results[i]);
                upstream.add(g);
            }
        }
        if (outputs.isEmpty()) {
            return new Gradients(Map.of(), Map.of());
        }
        return Autograd.gradients(
                outputs.toArray(Tensor[]::new), upstream.toArray(Tensor[]::new), wrt.toArray(Tensor[]::new), graph);
    }

    /**
     * An operand of the decomposition: if it is to be differentiated again, one that still leads back to the original.
     */
    private static Tensor entry(Tensor operand, Graph graph) {
        return graph == Graph.DIFFERENTIATE ? identity(operand) : Autograd.watch(Autograd.detach(operand));
    }

    private static Tensor identity(Tensor operand) {
        return operand.apply(new Reshape(operand.shape()));
    }
}
