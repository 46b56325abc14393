package dev.lanewise.nn.optim;

import dev.lanewise.autograd.RowGradient;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Update.AdamStep;
import dev.lanewise.tensor.spi.Storage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Adam for tables of which a step looks up a few rows ({@link Parameter#byRows}), as PyTorch's of this name: the running means of
 * rows without a gradient stay as they are, and so do the rows. A step costs by the rows that were looked up; tables whose
 * gradient is dense have all rows looked up.
 */
public final class SparseAdam extends Optimizer {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon keeps the denominator from 0
     */
    public record Options(double beta1, double beta2, double epsilon) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a beta is not from 0 to below 1, or epsilon is not above 0
         */
        public Options {
            Hyperparameters.decay("sparse adam", "beta1", beta1);
            Hyperparameters.decay("sparse adam", "beta2", beta2);
            if (!(epsilon > 0 && epsilon < Double.POSITIVE_INFINITY)) {
                throw Hyperparameters.bad("sparse adam", "epsilon", epsilon, "a finite number above 0");
            }
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8);
        }
    }

    private final Options options;
    private final Map<Integer, Tensor> means = new LinkedHashMap<>();
    private final Map<Integer, Tensor> squares = new LinkedHashMap<>();

    /**
     * A SparseAdam optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if a group has weight decay, which would change every row
     */
    public SparseAdam(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * A SparseAdam optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups what is trained, in groups with rates of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if a group has weight decay, which would change every row
     */
    public SparseAdam(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * A SparseAdam optimizer of the given parameters, which form one group.
     *
     * @param parameters what is trained
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if a group has weight decay, which would change every row
     */
    public SparseAdam(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An optimizer of groups, which have no weight decay.
     *
     * @param groups what is trained, in groups with rates of their own
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if a group has weight decay, which would change every row
     */
    public SparseAdam(ParameterGroups groups, double rate, Options options) {
        super(groups, rate);
        this.options = Objects.requireNonNull(options, "options");
        for (ParameterGroup group : groups()) {
            if (group.weightDecay().orElse(0) != 0) {
                throw new TensorException("sparse_adam: weight decay "
                        + group.weightDecay().getAsDouble() + " (expected none: it would change every row); use Adam");
            }
        }
    }

    @Override
    boolean takesRows(Settings settings) {
        return true;
    }

    @Override
    void updateRows(Trained p, RowGradient gradient, Settings settings) {
        stepRows(step(p, settings), gradient, p.value(), zeros(means, p), zeros(squares, p));
    }

    /** Epsilon is added to the root as it is, and in Adam's formula to the corrected one. */
    private AdamStep step(Trained p, Settings settings) {
        long step = steps(p);
        double epsilon = options.epsilon / Math.sqrt(1 - Math.pow(options.beta2, step));
        return new AdamStep(settings.rate(), options.beta1, options.beta2, epsilon, 0, false, step);
    }

    @Override
    protected void update(List<Trained> trained, Settings settings) {
        for (Trained p : trained) {
            if (p.value().shape().rank() == 0) {
                throw new TensorException("sparse_adam: a parameter "
                        + p.value().spec() + " (expected tables [rows, ...]); train it with Adam");
            }
            Tensor[] changed = {p.value(), zeros(means, p), zeros(squares, p)};
            Storage.update(step(p, settings), changed, p.value(), p.gradient().contiguous(), changed[1], changed[2]);
        }
    }

    @Override
    protected Map<String, Map<Integer, Tensor>> state() {
        return Map.of("mean", means, "square", squares);
    }
}
