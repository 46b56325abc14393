package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * L-BFGS (Liu and Nocedal 1989; Nocedal and Wright 2006, algorithm 7.4): Newton's method with an inverse Hessian that the last
 * changes of parameters and gradients stand for. It is for small models and losses of all data, or of the same batch within a
 * step; all parameters are one group.
 *
 * <pre>{@code
 * Lbfgs optimizer = new Lbfgs(model.parameters(), 1, Lbfgs.Options.defaults().withLineSearch());
 * double before = optimizer.step(() -> loss.of(model.forward(x), y));
 * }</pre>
 *
 * <p>A parameter that is frozen or unfrozen makes the method begin anew, because its memory is of another space.
 */
public final class Lbfgs extends Optimizer {
    /**
     * The numbers of the search, apart from the learning rate.
     *
     * @param iterations the most iterations in a step, 1 or more
     * @param evaluations the most evaluations of the loss in a step, 1 or more
     * @param gradientTolerance a step ends where no element of the gradient is greater
     * @param changeTolerance a step ends where neither a parameter nor the loss changes by more
     * @param history how many changes are kept, 1 or more
     * @param lineSearch whether the step along a direction is searched for, by the strong Wolfe conditions, rather than the
     *     learning rate
     */
    public record Options(
            int iterations,
            int evaluations,
            double gradientTolerance,
            double changeTolerance,
            int history,
            boolean lineSearch) {
        /**
         * Checks the numbers.
         *
         * @throws TensorException if a count is less than 1, or a tolerance is negative or not finite
         */
        public Options {
            Hyperparameters.notNegative("lbfgs", "gradient tolerance", gradientTolerance);
            Hyperparameters.notNegative("lbfgs", "change tolerance", changeTolerance);
            if (iterations < 1 || evaluations < 1 || history < 1) {
                throw new TensorException("lbfgs: " + iterations + " iterations, " + evaluations
                        + " evaluations, history " + history + " (expected 1 or more of each); check them");
            }
        }

        /**
         * PyTorch's defaults: 20 iterations, 25 evaluations, 100 changes, no line search.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(20, 25, 1e-7, 1e-9, 100, false);
        }

        /**
         * The same with a line search.
         *
         * @return the options
         */
        public Options withLineSearch() {
            return new Options(iterations, evaluations, gradientTolerance, changeTolerance, history, true);
        }
    }

    private final Options options;
    private final LbfgsMemory memory;

    /**
     * An L-BFGS optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the length of a step in units of Newton's; 1 is usual
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Lbfgs(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An L-BFGS optimizer of the given parameters.
     *
     * @param parameters what is trained
     * @param rate the length of a step in units of Newton's; 1 is usual
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Lbfgs(List<Parameter> parameters, double rate, Options options) {
        super(parameters, rate);
        this.options = Objects.requireNonNull(options, "options");
        memory = new LbfgsMemory(options.history);
    }

    /**
     * Makes up to as many iterations as the options say.
     *
     * @param loss computes the loss by the present parameters, a scalar; it is called several times
     * @return the loss before the step
     */
    public double step(Supplier<Tensor> loss) {
        try (var ignored = Scope.open("lbfgs")) {
            return new Run(loss).run();
        }
    }

    /** One iteration by the learning rate: a step whose loss is evaluated once. */
    @Override
    protected void update(List<Trained> trained, Settings settings) {
        if (options.lineSearch) {
            throw new TensorException("lbfgs: got gradients alone (expected the loss, for the line search); call"
                    + " step(() -> loss), or leave the line search out");
        }
        List<Tensor> gradient = trained.stream().map(Trained::gradient).toList();
        if (Vectors.largest(gradient) > options.gradientTolerance) {
            boolean first = memory.begin(trained);
            List<Tensor> direction = memory.direction(gradient);
            if (Vectors.dot(gradient, direction) <= -options.changeTolerance) {
                double length = length(gradient, first);
                Vectors.move(trained, direction, length);
                memory.moved(direction, length);
            }
        }
    }

    /** How far to go along a direction: without knowledge of curvature, not farther than 1 in all. */
    private double length(List<Tensor> gradient, boolean first) {
        return first ? Math.min(1, 1 / Vectors.sumOfMagnitudes(gradient)) * rate() : rate();
    }

    /** One step. */
    private final class Run {
        private final Supplier<Tensor> closure;
        private int evaluations;
        private double loss;

        Run(Supplier<Tensor> closure) {
            this.closure = closure;
        }

        double run() {
            Gradients atFirst = evaluated();
            List<Trained> trained = begin(atFirst).getFirst().stream()
                    .map(p -> new Trained(p.index(), p.value(), StateType.wide(atFirst.of(p.value()))))
                    .toList();
            double before = loss;
            List<Tensor> gradient = trained.stream().map(Trained::gradient).toList();
            for (int i = 1; Vectors.largest(gradient) > options.gradientTolerance; i++) {
                boolean last = i == options.iterations;
                double previous = loss;
                List<Tensor> here = gradient;
                boolean first = memory.begin(trained);
                List<Tensor> direction = Autograd.noGrad(() -> memory.direction(here));
                double slope = Vectors.dot(here, direction);
                if (slope > -options.changeTolerance) {
                    break;
                }
                double length = length(here, first);
                if (options.lineSearch) {
                    StrongWolfe.Point found = search(trained, here, direction, slope, length);
                    length = found.step();
                    gradient = found.gradient();
                    loss = found.loss();
                }
                Vectors.move(trained, direction, length);
                memory.moved(direction, length);
                if (!options.lineSearch && !last) {
                    gradient = gradient(trained);
                }
                if (last
                        || evaluations >= options.evaluations
                        || Vectors.largest(direction) * length <= options.changeTolerance
                        || Math.abs(loss - previous) < options.changeTolerance) {
                    break;
                }
            }
            return before;
        }

        private StrongWolfe.Point search(
                List<Trained> trained, List<Tensor> gradient, List<Tensor> direction, double slope, double length) {
            List<Tensor> from = trained.stream().map(p -> p.value().copy()).toList();
            StrongWolfe.Point start = new StrongWolfe.Point(0, loss, slope, gradient);
            StrongWolfe search = new StrongWolfe(
                    step -> {
                        List<Tensor> there;
                        try {
                            Vectors.move(trained, direction, step);
                            there = gradient(trained);
                        } finally {
                            Vectors.assign(trained, from);
                        }
                        return new StrongWolfe.Point(step, loss, Vectors.dot(there, direction), there);
                    },
                    start,
                    options.evaluations - evaluations);
            return search.find(length, options.changeTolerance / Vectors.largest(direction));
        }

        private List<Tensor> gradient(List<Trained> trained) {
            Gradients gradients = evaluated();
            return trained.stream()
                    .map(p -> StateType.wide(
                            gradients.of(parameters().get(p.index()).leaf())))
                    .toList();
        }

        private Gradients evaluated() {
            evaluations++;
            Tensor value = closure.get();
            loss = value.item();
            return Autograd.gradients(value);
        }
    }

    @Override
    protected Map<String, Map<Integer, Tensor>> state() {
        return memory.state();
    }
}
