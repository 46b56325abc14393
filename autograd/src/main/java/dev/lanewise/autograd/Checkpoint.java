package dev.lanewise.autograd;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Gradient checkpointing: the forward pass runs again when its gradients are needed. */
final class Checkpoint {
    static final String NAME = "checkpoint";

    private Checkpoint() {}

    static Tensor run(Function<Tensor[], Tensor> body, Tensor[] inputs) {
        Rng rng = Rng.global();
        Rng.Position before = rng.position();
        DType narrow = Autocast.current();
        Tensor output = Autograd.detach(Autograd.noGrad(() -> body.apply(inputs)));
        // the last operand is a leaf of its own, so that the rule runs even if only parameters inside are watched
        Tensor[] operands = Arrays.copyOf(inputs, inputs.length + 1);
        operands[inputs.length] = Autograd.watch(Tensor.scalar(0));
        Function<Tensor[], Tensor> again = leaves -> Autocast.run(narrow, () -> body.apply(leaves));
        Rule rule = Rule.inputs((c, i) -> c.once(() -> gradients(c, again, inputs.length, before))[i]);
        new Node(NAME, rule, operands, new Tensor[] {output});
        return output;
    }

    private static @Nullable Tensor[] gradients(
            Context c, Function<Tensor[], Tensor> body, int inputs, Rng.Position before) {
        if (c.differentiating()) {
            throw new TensorException("gradients: a checkpoint has no second derivatives; compute the part without"
                    + " Autograd.checkpoint");
        }
        Tensor[] leaves = new Tensor[inputs];
        for (int i = 0; i < inputs; i++) {
            leaves[i] = c.needs(i) ? Autograd.watch(c.x(i)) : Autograd.detach(c.x(i));
        }
        Map<GradOrigin, Tensor> found = recompute(body, leaves, c.g(), before);
        @Nullable Tensor[] gradients = new Tensor[inputs + 1];
        for (int i = 0; i < inputs; i++) {
            GradOrigin leaf = GradOrigin.of(leaves[i]);
            gradients[i] = leaf == null ? null : found.remove(leaf);
        }
        found.forEach(c::contribute);
        return gradients;
    }

    private static Map<GradOrigin, Tensor> recompute(
            Function<Tensor[], Tensor> body, Tensor[] leaves, Tensor upstream, Rng.Position before) {
        Rng rng = Rng.global();
        Rng.Position now = rng.position();
        rng.seek(before.seed(), before.counter());
        try {
            Tensor output = Recording.with(true, () -> body.apply(leaves));
            Walk walk = new Walk(Graph.RELEASE, Set.of());
            return walk.run(new Tensor[] {output}, new Tensor[] {upstream}).dense();
        } finally {
            rng.seek(now.seed(), now.counter());
        }
    }
}
