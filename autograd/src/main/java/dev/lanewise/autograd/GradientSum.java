package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.spi.Storage;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sums the gradients of several losses, in place, so that a batch too large for the memory can be taken in parts.
 *
 * <pre>{@code
 * GradientSum sum = new GradientSum();
 * for (Batch part : parts) {
 *     try (Scope scope = Scope.open("part")) {
 *         sum.add(Autograd.gradients(loss(part).div(parts.size())));
 *         scope.keepAll(sum.gradients().values());
 *     }
 * }
 * optimizer.step(sum.gradients());
 * }</pre>
 */
public final class GradientSum {
    private final Map<GradOrigin, Tensor> sums = new LinkedHashMap<>();

    /** No gradients yet. */
    public GradientSum() {}

    /**
     * Adds gradients. A tensor that has had none yet gets a copy of its gradient, owned by the current scope.
     *
     * @param gradients of tensors with the shapes and types of those added before
     */
    public void add(Gradients gradients) {
        Autograd.noGrad(() -> gradients.byOrigin().forEach((origin, gradient) -> {
            Tensor sum = sums.get(origin);
            if (sum == null) {
                // a copy, because the gradients of two tensors may be one tensor
                sums.put(origin, gradient.copy());
            } else {
                Storage.update(Binary.ADD, new Tensor[] {sum}, sum, gradient);
            }
        }));
    }

    /** {@return the sums so far; they change with the next {@link #add}} */
    public Gradients gradients() {
        return new Gradients(sums);
    }
}
