package dev.lanewise.nn.optim;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Parameters that are trained with a learning rate and a weight decay of their own. The learning rate is a multiple of
 * the optimizer's, so that it follows a {@link Schedule} as well.
 *
 * <pre>{@code
 * ParameterGroups groups = ParameterGroups.of(
 *         ParameterGroup.of(backbone.parameters()).withRateFactor(0.1), // ten times slower
 *         ParameterGroup.of(head.parameters()).withWeightDecay(0));
 * Adam adam = new Adam(groups, 1e-3, Adam.Options.adamW());
 * }</pre>
 *
 * @param parameters the parameters of the group
 * @param rateFactor the factor of the optimizer's learning rate, 0 or more
 * @param weightDecay the group's weight decay; the optimizer's if empty
 */
public record ParameterGroup(List<Parameter> parameters, double rateFactor, OptionalDouble weightDecay) {
    /**
     * Checks the numbers.
     *
     * @throws TensorException if the rate's factor or the weight decay is negative or not finite
     */
    public ParameterGroup {
        parameters = List.copyOf(Objects.requireNonNull(parameters, "parameters"));
        if (!(rateFactor >= 0) || Double.isInfinite(rateFactor) || !(weightDecay.orElse(0) >= 0)) {
            throw new TensorException("parameter group: rate factor " + rateFactor + ", weight decay " + weightDecay
                    + " (expected 0 or more); check them");
        }
    }

    /**
     * A group with the optimizer's own learning rate and weight decay.
     *
     * @param parameters the parameters of the group
     * @return the group
     */
    public static ParameterGroup of(List<Parameter> parameters) {
        return new ParameterGroup(parameters, 1, OptionalDouble.empty());
    }

    /**
     * A model's parameters in two groups, the usual way to train transformers: the weights with the optimizer's weight
     * decay, and those of one dimension (biases, and weights of normalizations) without.
     *
     * @param model the model
     * @return the groups
     */
    public static ParameterGroups withoutDecayOfVectors(Layer model) {
        List<Parameter> matrices = new ArrayList<>();
        List<Parameter> vectors = new ArrayList<>();
        for (Parameter parameter : model.parameters()) {
            (parameter.leaf().shape().rank() < 2 ? vectors : matrices).add(parameter);
        }
        return ParameterGroups.of(of(matrices), of(vectors).withWeightDecay(0));
    }

    /**
     * The same group with another multiple of the optimizer's learning rate.
     *
     * @param factor 0 or more
     * @return the group
     */
    public ParameterGroup withRateFactor(double factor) {
        return new ParameterGroup(parameters, factor, weightDecay);
    }

    /**
     * The same group with a weight decay of its own.
     *
     * @param decay 0 or more
     * @return the group
     */
    public ParameterGroup withWeightDecay(double decay) {
        return new ParameterGroup(parameters, rateFactor, OptionalDouble.of(decay));
    }

    /** All parameters of groups; one that occurs twice is an error. */
    static List<Parameter> all(List<ParameterGroup> groups) {
        List<Parameter> all = new ArrayList<>();
        groups.forEach(group -> all.addAll(group.parameters));
        Set<Parameter> distinct = new HashSet<>(all);
        if (distinct.size() < all.size()) {
            throw new TensorException("optimizer: got a parameter twice (" + all.size() + " with " + distinct.size()
                    + " different ones, expected each in one group); take it out of the others");
        }
        return all;
    }
}
