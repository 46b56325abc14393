package dev.lanewise.nn.optim;

import dev.lanewise.autograd.RowGradient;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.Update.SgdStep;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Stochastic gradient descent with momentum, Nesterov momentum and weight decay; the formulas are {@link SgdStep}'s.
 */
public final class Sgd extends Optimizer {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param momentum the momentum factor, 0 for none
     * @param dampening how much of the gradient is left out of the momentum
     * @param weightDecay the factor of the L2 penalty
     * @param nesterov whether to use Nesterov's look-ahead; needs a momentum and no dampening
     */
    public record Options(double momentum, double dampening, double weightDecay, boolean nesterov) {
        /**
         * Checks the numbers.
         *
         * @throws TensorException if the momentum or the weight decay is negative, a number is not finite, or Nesterov
         *     momentum is asked for without momentum or with dampening
         */
        public Options {
            Hyperparameters.notNegative("sgd", "momentum", momentum);
            Hyperparameters.notNegative("sgd", "weight decay", weightDecay);
            if (!Double.isFinite(dampening)) {
                throw Hyperparameters.bad("sgd", "dampening", dampening, "a finite number");
            }
            if (nesterov && (momentum <= 0 || dampening != 0)) {
                throw new TensorException("sgd: Nesterov with momentum " + momentum + " and dampening " + dampening
                        + " (expected a positive momentum and no dampening); change one of them");
            }
        }

        /**
         * Gradient descent with momentum alone: no dampening, weight decay or Nesterov's correction.
         *
         * @param momentum how much of the running mean is kept after a step
         * @return the options
         * @throws TensorException if the momentum is negative or not finite
         */
        public static Options momentum(double momentum) {
            return new Options(momentum, 0, 0, false);
        }
    }

    private final Options options;
    private final Map<Integer, Tensor> momenta = new LinkedHashMap<>();

    /**
     * Gradient descent without momentum: {@code p - rate * gradient}.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Sgd(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.momentum(0));
    }

    /**
     * Gradient descent without momentum, for groups of parameters: {@code p - rate * gradient}.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Sgd(ParameterGroups groups, double rate) {
        this(groups, rate, Options.momentum(0));
    }

    /**
     * A gradient-descent optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Sgd(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * A gradient-descent optimizer of parameters in groups, each of which may have a learning rate and a weight decay
     * of its own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Sgd(ParameterGroups groups, double rate, Options options) {
        super(groups, rate);
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    protected void update(List<Trained> trained, Settings settings) {
        // parameters whose momentum is still empty start it; they may join later than others
        List<Trained> first = new ArrayList<>();
        List<Trained> later = new ArrayList<>();
        for (Trained p : trained) {
            (options.momentum != 0 && !momenta.containsKey(p.index()) ? first : later).add(p);
        }
        run(first, settings, true);
        run(later, settings, false);
    }

    private void run(List<Trained> trained, Settings settings, boolean first) {
        if (trained.isEmpty()) {
            return;
        }
        SgdStep step = step(settings, first);
        List<Tensor> inputs = new ArrayList<>();
        List<Tensor> outputs = new ArrayList<>();
        for (Trained p : trained) {
            inputs.add(p.value());
            inputs.add(p.gradient().contiguous());
            outputs.add(p.value());
            if (options.momentum != 0) {
                Tensor momentum = zeros(momenta, p);
                inputs.add(momentum);
                outputs.add(momentum);
            }
        }
        Storage.update(step, outputs.toArray(Tensor[]::new), inputs.toArray(Tensor[]::new));
    }

    private SgdStep step(Settings settings, boolean first) {
        return new SgdStep(
                settings.rate(),
                options.momentum,
                options.dampening,
                settings.weightDecay(options.weightDecay),
                options.nesterov,
                first);
    }

    @Override
    boolean takesRows(Settings settings) {
        return options.momentum == 0 && settings.weightDecay(options.weightDecay) == 0;
    }

    @Override
    void updateRows(Trained p, RowGradient gradient, Settings settings) {
        stepRows(step(settings, false), gradient, p.value());
    }

    @Override
    boolean isReplayable() {
        return groups().size() == 1;
    }

    @Override
    Update next(Update recorded) {
        return step(settings(groups().getFirst()), false);
    }

    @Override
    protected Map<String, Map<Integer, Tensor>> state() {
        return options.momentum == 0 ? Map.of() : Map.of("momentum", momenta);
    }
}
