package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.Update.AdamStep;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Adam and AdamW; the formulas are {@link AdamStep}'s. */
public final class Adam extends Optimizer {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the penalty
     * @param decoupled whether the penalty scales the parameter (AdamW) rather than being added to the gradient (Adam)
     */
    public record Options(double beta1, double beta2, double epsilon, double weightDecay, boolean decoupled) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a beta is not from 0 to below 1, or another number is negative or not finite
         */
        public Options {
            Hyperparameters.decay("adam", "beta1", beta1);
            Hyperparameters.decay("adam", "beta2", beta2);
            Hyperparameters.notNegative("adam", "epsilon", epsilon);
            Hyperparameters.notNegative("adam", "weight decay", weightDecay);
        }

        /**
         * The hyperparameters of Adam's authors, without weight decay.
         *
         * @return the options
         */
        public static Options adam() {
            return new Options(0.9, 0.999, 1e-8, 0, false);
        }

        /**
         * AdamW's defaults: decoupled weight decay of 0.01.
         *
         * @return the options
         */
        public static Options adamW() {
            return new Options(0.9, 0.999, 1e-8, 0.01, true);
        }
    }

    private final Options options;
    private final Map<Integer, Tensor> means = new LinkedHashMap<>();
    private final Map<Integer, Tensor> squares = new LinkedHashMap<>();

    /**
     * An Adam optimizer of the given parameters with the numbers of its authors: betas of 0.9 and 0.999, epsilon of
     * 1e-8.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adam(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.adam());
    }

    /**
     * An Adam optimizer of groups of parameters with the numbers of its authors: betas of 0.9 and 0.999, epsilon of
     * 1e-8.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adam(ParameterGroups groups, double rate) {
        this(groups, rate, Options.adam());
    }

    /**
     * An Adam optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adam(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An Adam optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adam(ParameterGroups groups, double rate, Options options) {
        super(groups, rate);
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    protected void update(List<Trained> trained, Settings settings) {
        if (trained.stream().allMatch(p -> steps(p) == steps(trained.getFirst()))) {
            update(trained, settings, steps(trained.getFirst()));
            return;
        }
        // parameters that were unfrozen later have step counts of their own
        Map<Long, List<Trained>> byStep = new TreeMap<>();
        trained.forEach(
                p -> byStep.computeIfAbsent(steps(p), step -> new ArrayList<>()).add(p));
        byStep.forEach((step, some) -> update(some, settings, step));
    }

    private void update(List<Trained> trained, Settings settings, long number) {
        AdamStep step = step(settings, number);
        List<Tensor> inputs = new ArrayList<>();
        List<Tensor> outputs = new ArrayList<>();
        for (Trained p : trained) {
            Tensor mean = zeros(means, p);
            Tensor square = zeros(squares, p);
            inputs.addAll(List.of(p.value(), p.gradient().contiguous(), mean, square));
            outputs.addAll(List.of(p.value(), mean, square));
        }
        Storage.update(step, outputs.toArray(Tensor[]::new), inputs.toArray(Tensor[]::new));
    }

    private AdamStep step(Settings settings, long number) {
        return new AdamStep(
                settings.rate(),
                options.beta1,
                options.beta2,
                options.epsilon,
                settings.weightDecay(options.weightDecay),
                options.decoupled,
                number);
    }

    @Override
    boolean isReplayable() {
        return groups().size() == 1;
    }

    @Override
    Update next(Update recorded) {
        if (!(recorded instanceof AdamStep adam)) {
            return super.next(recorded);
        }
        return step(settings(groups().getFirst()), stepsNow(adam.step()));
    }

    @Override
    protected Map<String, Map<Integer, Tensor>> state() {
        return Map.of("mean", means, "square", squares);
    }
}
