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
    private final Map<GradOrigin, RowGradient> rows = new LinkedHashMap<>();

    /** A sum that holds no gradients yet. */
    public GradientSum() {}

    /**
     * Adds gradients. A tensor that has had none yet gets a copy of its gradient, owned by the current scope.
     *
     * @param gradients of tensors with the shapes and types of those added before
     */
    public void add(Gradients gradients) {
        Autograd.noGrad(() -> {
            gradients.byOrigin().forEach(this::add);
            gradients.byRows().forEach(this::add);
        });
    }

    private void add(GradOrigin origin, Tensor gradient) {
        RowGradient ofRows = rows.remove(origin);
        Tensor sum = ofRows == null ? sums.get(origin) : ofRows.dense();
        if (sum == null) {
            // a copy, because the gradients of two tensors may be one tensor
            sums.put(origin, gradient.copy());
        } else {
            Storage.update(Binary.ADD, new Tensor[] {sum}, sum, gradient);
            sums.put(origin, sum);
        }
    }

    private void add(GradOrigin origin, RowGradient gradient) {
        RowGradient ofRows = rows.get(origin);
        if (sums.containsKey(origin)) {
            add(origin, gradient.dense());
        } else {
            rows.put(
                    origin,
                    ofRows == null
                            ? new RowGradient(
                                    gradient.indices().copy(), gradient.values().copy(), gradient.rows())
                            : ofRows.add(gradient));
        }
    }

    /** {@return the sums so far; they change with the next {@link #add}} */
    public Gradients gradients() {
        return new Gradients(sums, rows);
    }
}
