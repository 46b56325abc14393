package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * An exponential moving average of a model's parameters: {@code average = decay average + (1 - decay) weights} after
 * every step (Polyak and Juditsky 1992), which often generalizes better than the last weights do. It begins with the
 * weights at its creation. Buffers are not averaged; the model's own are used.
 */
public final class WeightAverage {
    private final Layer model;
    private final double decay;
    private final Map<String, Parameter> parameters;
    private final Map<String, Tensor> averages = new LinkedHashMap<>();

    /**
     * An average that starts with the model's current weights; move the model to its device first.
     *
     * @param model the model
     * @param decay how much of the average is kept after a step, from 0 to below 1
     * @throws TensorException if the decay is not from 0 to below 1
     */
    public WeightAverage(Layer model, double decay) {
        if (!(decay >= 0 && decay < 1)) {
            throw new TensorException("weight average: decay " + decay + " (expected 0 to below 1); 0.999 is usual");
        }
        this.model = model;
        this.decay = decay;
        this.parameters = model.namedParameters();
        parameters.forEach((name, parameter) ->
                averages.put(name, Autograd.detach(parameter.leaf()).copy().keep()));
    }

    /** Takes the current weights into account, after a step. */
    public void update() {
        Autograd.noGrad(() -> averages.forEach((name, average) -> {
            try (var ignored = Scope.open("weight average")) {
                Tensor weights = Objects.requireNonNull(parameters.get(name)).leaf();
                average.assign(average.mul(decay).add(weights.mul(1 - decay)));
            }
        }));
    }

    /**
     * Runs a computation of this thread in which the model has the averages as its parameters.
     *
     * @param <T> what the computation returns
     * @param body the computation
     * @return what the computation returned
     */
    public <T> T within(Supplier<T> body) {
        return model.functionalCall(averages, body);
    }

    /** Restores averages; without any, starts again with the current weights. */
    void load(Map<String, Tensor> saved) {
        if (!saved.isEmpty() && !saved.keySet().equals(averages.keySet())) {
            throw new TensorException("weight average: got averages of " + saved.keySet() + " (expected "
                    + averages.keySet() + "); are they of another model?");
        }
        averages.forEach((name, average) -> {
            Tensor source = saved.isEmpty()
                    ? Autograd.detach(
                            Objects.requireNonNull(parameters.get(name)).leaf())
                    : Objects.requireNonNull(saved.get(name));
            if (!source.shape().equals(average.shape())) {
                throw new TensorException("weight average: " + name + " is " + source.shape() + " (expected "
                        + average.shape() + "); is it of another model?");
            }
            average.assign(source.to(average.dtype()).to(average.device()));
        });
    }

    /** {@return the averages by the parameters' full names; the tensors are this object's own} */
    public Map<String, Tensor> tensors() {
        return Collections.unmodifiableMap(averages);
    }
}
