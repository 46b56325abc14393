package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Keeps small gradients from vanishing in F16 by scaling the loss (Micikevicius et al. 2017, arXiv:1710.03740). The
 * factor adapts: a step whose gradients overflow is skipped and lowers it; a run of good steps raises it.
 *
 * <pre>{@code
 * Tensor loss = Autocast.run(DType.F16, () -> model.forward(x).crossEntropy(y));
 * GradScaler.Unscaled gradients = scaler.unscale(Autograd.gradients(scaler.scale(loss)));
 * scaler.step(optimizer, gradients.map(g -> Clipping.byNorm(g, 1).gradients()));
 * scaler.update();
 * }</pre>
 *
 * <p>Several losses and optimizers may share a scaler: scale, unscale and step for each, then update once. Not safe for
 * use by several threads at once.
 */
public final class GradScaler {
    /**
     * The numbers by which the factor grows and shrinks.
     *
     * @param initialScale the first factor
     * @param growthFactor multiplies it after a run of good steps, above 1
     * @param backoffFactor multiplies it after an overflow, between 0 and 1
     * @param growthInterval the number of good steps in a run
     */
    public record Options(double initialScale, double growthFactor, double backoffFactor, long growthInterval) {
        /**
         * Checks the numbers.
         *
         * @throws TensorException if the scale or the interval is not positive, the growth factor is not
         *     above 1, or the backoff factor is not between 0 and 1
         */
        public Options {
            if (!(initialScale > 0 && initialScale <= Float.MAX_VALUE)
                    || !(growthFactor > 1 && growthFactor <= Float.MAX_VALUE)
                    || !(backoffFactor > 0 && backoffFactor < 1)) {
                throw new TensorException("grad scaler: scale " + initialScale + ", growth " + growthFactor
                        + ", backoff " + backoffFactor + " (expected above 0, above 1, between 0 and 1); check them");
            }
            if (growthInterval < 1) {
                throw new TensorException(
                        "grad scaler: growth interval " + growthInterval + " (expected 1 or more); check it");
            }
        }

        /** PyTorch's defaults: 65536 at first, doubled after 2000 good steps, halved after an overflow. */
        public Options() {
            this(65536, 2, 0.5, 2000);
        }
    }

    /**
     * Gradients after division by the factor, those of the loss itself.
     *
     * @param gradients of the parameters' types
     * @param finite whether all elements are finite
     */
    public record Unscaled(Gradients gradients, boolean finite) {
        /** Holds the given values, none of which may be null. */
        public Unscaled {
            Objects.requireNonNull(gradients, "gradients");
        }

        /**
         * These gradients after applying a function, for example one that clips; gradients that overflowed are left
         * unchanged.
         *
         * @param function turns gradients into others
         * @return the new gradients
         */
        public Unscaled map(UnaryOperator<Gradients> function) {
            return finite ? new Unscaled(function.apply(gradients), true) : this;
        }
    }

    /** With a factor this small, no 16-bit gradient overflows unless the loss itself does. */
    private static final double LEAST_SCALE = 0x1p-32;

    private double scale;
    private double growthFactor;
    private double backoffFactor;
    private long growthInterval;
    private long goodSteps;
    private boolean checked;
    private boolean overflowed;

    /** A scaler with PyTorch's default numbers: it begins at 65536. */
    public GradScaler() {
        this(new Options());
    }

    /**
     * A scaler that begins with the options' factor.
     *
     * @param options the first factor, and when it changes
     */
    public GradScaler(Options options) {
        scale = options.initialScale;
        growthFactor = options.growthFactor;
        backoffFactor = options.backoffFactor;
        growthInterval = options.growthInterval;
    }

    /** {@return the factor that losses are multiplied by at present} */
    public double scale() {
        return scale;
    }

    /**
     * {@return the loss times the factor}
     *
     * @param loss a scalar of type F32
     * @throws TensorException for a 16-bit loss, in which the product overflows
     */
    public Tensor scale(Tensor loss) {
        if (loss.dtype().bytes() < DType.F32.bytes()) {
            throw new TensorException(
                    "grad scaler: the loss is " + loss.spec() + " (expected F32); compute it inside the"
                            + " autocast region by an operation that runs in F32, or cast with to(DType.F32)");
        }
        return loss.mul(scale);
    }

    /**
     * The gradients of a loss, from those of the scaled loss. Waits once for the device, to learn whether they are
     * finite.
     *
     * @param scaled gradients of a scaled loss
     * @return the gradients, and whether they overflowed
     * @throws TensorException if one is F16: a parameter should be F32
     */
    public Unscaled unscale(Gradients scaled) {
        return Autograd.noGrad(() -> {
            boolean finite = isFinite(scaled);
            checked = true;
            overflowed |= !finite;
            return new Unscaled(finite ? scaled.map(g -> g.mul(1 / scale)) : scaled, finite);
        });
    }

    /**
     * Divides gradients by the factor and makes the optimizer's step with them if all are finite: {@link #unscale} and
     * {@link #step(Optimizer, Unscaled)} in one call.
     *
     * @param optimizer the optimizer that makes the step
     * @param scaled gradients of a scaled loss
     * @return whether the step was made
     */
    public boolean step(Optimizer optimizer, Gradients scaled) {
        return step(optimizer, unscale(scaled));
    }

    /**
     * Makes the optimizer's step, unless the gradients overflowed.
     *
     * @param optimizer the optimizer that makes the step
     * @param gradients unscaled gradients, possibly clipped
     * @return whether it was made
     */
    public boolean step(Optimizer optimizer, Unscaled gradients) {
        if (gradients.finite()) {
            optimizer.step(gradients.gradients());
        }
        return gradients.finite();
    }

    /**
     * Adapts the factor to what was found since the last call.
     *
     * @throws TensorException if nothing has been unscaled since, or if gradients stay infinite or NaN whatever the
     *     factor
     */
    public void update() {
        if (!checked) {
            throw new TensorException("grad scaler: update without gradients (expected unscale or step before); call it"
                    + " once after the step");
        }
        if (overflowed) {
            scale *= backoffFactor;
            goodSteps = 0;
            if (scale < LEAST_SCALE) {
                throw new TensorException("grad scaler: gradients are not finite even at a scale of " + scale
                        + " (expected finite ones at some scale); look for NaN in the data or the loss, or lower the"
                        + " learning rate");
            }
        } else if (++goodSteps == growthInterval) {
            // beyond F32 the loss itself would overflow
            scale = scale * growthFactor <= Float.MAX_VALUE ? scale * growthFactor : scale;
            goodSteps = 0;
        }
        checked = false;
        overflowed = false;
    }

    /** {@return the state as scalars, under PyTorch's names} */
    public Map<String, Tensor> stateDict() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put("scale", Tensor.full(scale, DType.F64, Device.CPU));
        state.put("growth_factor", Tensor.full(growthFactor, DType.F64, Device.CPU));
        state.put("backoff_factor", Tensor.full(backoffFactor, DType.F64, Device.CPU));
        state.put("growth_interval", Tensor.full(growthInterval, DType.I64, Device.CPU));
        state.put("_growth_tracker", Tensor.full(goodSteps, DType.I64, Device.CPU));
        return state;
    }

    /**
     * Restores the factor, how it grows and shrinks, and the count of good steps from a state that was saved.
     *
     * @param state what {@link #stateDict} returned
     * @throws TensorException if a name is missing or a number makes no sense
     */
    public void loadStateDict(Map<String, Tensor> state) {
        Options saved = new Options(
                number(state, "scale"), number(state, "growth_factor"), number(state, "backoff_factor"), (long)
                        number(state, "growth_interval"));
        double tracker = number(state, "_growth_tracker");
        if (!(tracker >= 0 && tracker < saved.growthInterval)) {
            throw new TensorException("grad scaler: a row of " + tracker + " good steps (expected 0 to below "
                    + saved.growthInterval + "); save the state again");
        }
        scale = saved.initialScale;
        growthFactor = saved.growthFactor;
        backoffFactor = saved.backoffFactor;
        growthInterval = saved.growthInterval;
        goodSteps = (long) tracker;
    }

    private static double number(Map<String, Tensor> state, String name) {
        Tensor value = state.get(name);
        if (value == null) {
            throw new TensorException("grad scaler: the state has no '" + name + "' (found " + state.keySet()
                    + "); give what stateDict returned");
        }
        return value.item();
    }

    /**
     * Whether all elements are finite; the largest and the smallest element of every gradient are copied to the host
     * together.
     */
    private static boolean isFinite(Gradients gradients) {
        try (var ignored = Scope.open("grad scaler")) {
            Map<Device, List<Tensor>> extremes = new LinkedHashMap<>();
            for (Tensor gradient : gradients.values()) {
                if (gradient.dtype() == DType.F16) {
                    throw new TensorException("grad scaler: a gradient is " + gradient.spec()
                            + " (expected F32); keep parameters in F32 and compute inside Autocast.f16()");
                }
                if (!gradient.shape().isEmpty()) {
                    List<Tensor> onDevice = extremes.computeIfAbsent(gradient.device(), d -> new ArrayList<>());
                    onDevice.add(gradient.amax().to(DType.F64));
                    onDevice.add(gradient.amin().to(DType.F64));
                }
            }
            return extremes.values().stream()
                    .map(values -> Tensor.stack(0, values.toArray(Tensor[]::new)))
                    .allMatch(all -> Double.isFinite(all.abs().amax().item()));
        }
    }
}
