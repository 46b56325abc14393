package dev.lanewise.nn.optim;

import dev.lanewise.autograd.RowGradient;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/** Adagrad (Duchi et al. 2011): {@code s += g^2; p -= rate / (1 + (step - 1) decay) g / (sqrt(s) + epsilon)}. */
public final class Adagrad extends PerParameter {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param rateDecay how fast the learning rate decays, 0 or more
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the L2 penalty
     */
    public record Options(double rateDecay, double epsilon, double weightDecay) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a number is negative or not finite
         */
        public Options {
            Hyperparameters.notNegative("adagrad", "rate decay", rateDecay);
            Hyperparameters.notNegative("adagrad", "epsilon", epsilon);
            Hyperparameters.notNegative("adagrad", "weight decay", weightDecay);
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0, 1e-10, 0);
        }
    }

    private final Options options;

    /**
     * An Adagrad optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adagrad(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An Adagrad optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adagrad(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An Adagrad optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adagrad(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An Adagrad optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its
     * own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adagrad(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "sum");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor sum = state("sum", p);
        sum.assign(sum.add(g.square()));
        double decayed = rate / (1 + (steps(p) - 1) * options.rateDecay);
        return g.div(sum.sqrt().add(options.epsilon)).mul(decayed);
    }

    @Override
    boolean takesRows(Settings settings) {
        return weightDecay(settings) == 0;
    }

    @Override
    void updateRows(Trained p, RowGradient gradient, Settings settings) {
        Tensor index = gradient.indices();
        Tensor values = StateType.wide(gradient.values());
        Tensor sums = state("sum", p);
        Tensor sum = sums.indexSelect(0, index).add(values.square());
        sums.assignRows(index, sum);
        double decayed = settings.rate() / (1 + (steps(p) - 1) * options.rateDecay);
        Tensor change = values.div(sum.sqrt().add(options.epsilon)).mul(decayed);
        Tensor rows = StateType.wide(p.value().indexSelect(0, index)).sub(change);
        p.value().assignRows(index, rows.to(p.value().dtype()));
    }
}
