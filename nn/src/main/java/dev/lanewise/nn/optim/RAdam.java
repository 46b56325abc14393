package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * Rectified Adam (Liu et al. 2019, arXiv:1908.03265): Adam whose first steps, in which the running mean of squares is of too
 * few to be relied on, are those of a momentum, and whose later steps are scaled by how reliable it is.
 */
public final class RAdam extends PerParameter {
    /** From this length of the mean of squares on its variance is known (section 4.2; the paper has 4, PyTorch 5). */
    private static final double RELIABLE_LENGTH = 5;

    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon keeps the denominator from 0
     * @param weightDecay the factor of the penalty
     * @param decoupled whether the penalty scales the parameter rather than adds to the gradient
     */
    public record Options(double beta1, double beta2, double epsilon, double weightDecay, boolean decoupled) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a beta is not from 0 to below 1, or another number is negative or not finite
         */
        public Options {
            Hyperparameters.decay("radam", "beta1", beta1);
            Hyperparameters.decay("radam", "beta2", beta2);
            Hyperparameters.notNegative("radam", "epsilon", epsilon);
            Hyperparameters.notNegative("radam", "weight decay", weightDecay);
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8, 0, false);
        }
    }

    private final Options options;

    /**
     * An RAdam optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RAdam(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An RAdam optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RAdam(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An RAdam optimizer of the given parameters, which form one group.
     *
     * @param parameters what is trained
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RAdam(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An RAdam optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its own.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RAdam(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "mean", "square");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    boolean isDecoupled() {
        return options.decoupled;
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor mean = state("mean", p);
        Tensor square = state("square", p);
        track(mean, options.beta1, g);
        track(square, options.beta2, g.square());
        long step = steps(p);
        double decay = Math.pow(options.beta2, step);
        double longest = 2 / (1 - options.beta2) - 1;
        double length = longest - 2 * step * decay / (1 - decay);
        double corrected = rate / (1 - Math.pow(options.beta1, step));
        if (length <= RELIABLE_LENGTH) {
            return mean.mul(corrected);
        }
        double rectification =
                Math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
        return mean.mul(corrected * rectification * Math.sqrt(1 - decay))
                .div(square.sqrt().add(options.epsilon));
    }
}
