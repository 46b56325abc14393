package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * Adadelta (Zeiler 2012, arXiv:1212.5701): {@code s = rho s + (1 - rho) g^2;}
 * {@code d = sqrt(a + epsilon) / sqrt(s + epsilon) g; a = rho a + (1 - rho) d^2; p -= rate d}.
 */
public final class Adadelta extends PerParameter {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param rho the decay of both running means
     * @param epsilon added to keep roots from 0
     * @param weightDecay the factor of the L2 penalty
     */
    public record Options(double rho, double epsilon, double weightDecay) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if rho is not from 0 to 1, or another number is negative or not finite
         */
        public Options {
            Hyperparameters.decayOrOne("adadelta", "rho", rho);
            Hyperparameters.notNegative("adadelta", "epsilon", epsilon);
            Hyperparameters.notNegative("adadelta", "weight decay", weightDecay);
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.9, 1e-6, 0);
        }
    }

    private final Options options;

    /**
     * An Adadelta optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adadelta(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An Adadelta optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adadelta(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An Adadelta optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adadelta(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An Adadelta optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its
     * own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adadelta(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "square", "change");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor square = state("square", p);
        Tensor change = state("change", p);
        track(square, options.rho, g.square());
        Tensor step = change.add(options.epsilon)
                .sqrt()
                .div(square.add(options.epsilon).sqrt())
                .mul(g);
        track(change, options.rho, step.square());
        return step.mul(rate);
    }
}
