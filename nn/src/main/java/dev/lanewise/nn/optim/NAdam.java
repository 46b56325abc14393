package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** NAdam: Adam with Nesterov momentum whose factor grows towards beta1 (Dozat 2016). */
public final class NAdam extends PerParameter {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the L2 penalty
     * @param momentumDecay how fast the momentum factor grows
     */
    public record Options(double beta1, double beta2, double epsilon, double weightDecay, double momentumDecay) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a beta is not from 0 to below 1, or another number is negative or not finite
         */
        public Options {
            Hyperparameters.decay("nadam", "beta1", beta1);
            Hyperparameters.decay("nadam", "beta2", beta2);
            Hyperparameters.notNegative("nadam", "epsilon", epsilon);
            Hyperparameters.notNegative("nadam", "weight decay", weightDecay);
            Hyperparameters.notNegative("nadam", "momentum decay", momentumDecay);
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8, 0, 4e-3);
        }
    }

    private final Options options;

    /** The products by number of steps; about 7,000 of them suffice, as the product is 0 from then on. */
    private final List<Double> products = new ArrayList<>(List.of(1.0));

    /**
     * An NAdam optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public NAdam(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An NAdam optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public NAdam(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An NAdam optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public NAdam(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An NAdam optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public NAdam(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "mean", "square");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor mean = state("mean", p);
        Tensor square = state("square", p);
        track(mean, options.beta1, g);
        track(square, options.beta2, g.square());
        long step = steps(p);
        double product = product(step);
        double now = momentum(step);
        double next = momentum(step + 1);
        Tensor denominator =
                square.div(1 - Math.pow(options.beta2, step)).sqrt().add(options.epsilon);
        Tensor fromGradient = g.mul(rate * (1 - now) / (1 - product));
        Tensor fromMean = mean.mul(rate * next / (1 - product * next));
        return fromGradient.add(fromMean).div(denominator);
    }

    /** The product of the momentum factors of the steps from 1 to a given number: 0 once it no longer matters. */
    private double product(long steps) {
        for (long t = products.size(); t <= steps && products.getLast() != 0; t++) {
            products.add(products.getLast() * momentum(t));
        }
        return steps < products.size() ? products.get((int) steps) : products.getLast();
    }

    private double momentum(long step) {
        return options.beta1 * (1 - 0.5 * Math.pow(0.96, step * options.momentumDecay));
    }
}
