package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.optim.GradScaler;
import dev.lanewise.nn.optim.GradScaler.Unscaled;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The types that a model computes in: those of its tensors, or 16 bits where suitable. The loss is computed in F32.
 *
 * @param narrow the 16-bit type, or null
 * @param scaler the scaler of the loss, for F16
 */
record Precision(@Nullable DType narrow, @Nullable GradScaler scaler) {
    static final String HEADING = "scaler";

    /** Nothing is cast. */
    static final Precision WHOLE = new Precision(null, null);

    /** Mixed precision in a 16-bit type. */
    static Precision mixed(DType narrow) {
        return switch (narrow) {
            case BF16 -> new Precision(narrow, null);
            case F16 -> new Precision(narrow, new GradScaler());
            default ->
                throw new TensorException(
                        "trainer: autocast to " + narrow + " (expected BF16 or F16); leave it out to compute in F32");
        };
    }

    /** The model's results, in F32 where they were computed in less. */
    List<Tensor> results(Task task, Batch batch) {
        return Autocast.run(
                narrow,
                () -> task.forward(batch).stream().map(Autocast::widened).toList());
    }

    /** The loss whose gradients are to be computed. */
    Tensor scaled(Tensor loss) {
        return scaler == null ? loss : scaler.scale(loss);
    }

    /** The gradients of the loss itself. */
    Unscaled unscaled(Gradients scaled) {
        return scaler == null ? new Unscaled(scaled, true) : scaler.unscale(scaled);
    }

    /** Called after the update: adapts to whether gradients overflowed. */
    void adapt() {
        if (scaler != null) {
            scaler.update();
        }
    }

    /** What resumed training needs to know; empty without a scaler. */
    Map<String, Double> state() {
        Map<String, Double> state = new LinkedHashMap<>();
        if (scaler != null) {
            scaler.stateDict().forEach((name, value) -> state.put(name, value.item()));
        }
        return state;
    }

    /** Restores what {@link #state} returned. */
    void restore(@Nullable Map<String, Double> state) {
        if (scaler != null && state != null) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            state.forEach((name, value) -> tensors.put(name, Tensor.full(value, DType.F64, Device.CPU)));
            scaler.loadStateDict(tensors);
        }
    }
}
