package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Adafactor (Shazeer and Stern 2018, arXiv:1804.04235), as PyTorch has it: of the squares of a matrix's gradient only running
 * means of rows and columns are kept, of n + m numbers instead of n m, and their product stands for the squares. Parameters of
 * more dimensions are factored in their last two; those of fewer keep all squares.
 */
public final class Adafactor extends PerParameter {
    private static final String ROWS = "rows";
    private static final String COLUMNS = "columns";
    private static final String SQUARE = "square";

    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta2Decay the power of the step's number by which a new square counts in the means, 0 or less
     * @param epsilon1 keeps the squares from 0; empty for the distance from 1 to the next number of the parameter's type
     * @param epsilon2 keeps the size of a parameter, by which its steps are scaled, from 0
     * @param clip the greatest root of the mean square of a step before it is scaled, 1 or more
     * @param weightDecay scales the parameter
     */
    public record Options(
            double beta2Decay, OptionalDouble epsilon1, double epsilon2, double clip, double weightDecay) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if the decay is above 0, the clip is below 1, or another number is negative; if a number
         *     is not finite
         */
        public Options {
            Objects.requireNonNull(epsilon1, "epsilon1");
            Hyperparameters.notNegative("adafactor", "epsilon1", epsilon1.orElse(0));
            Hyperparameters.notNegative("adafactor", "epsilon2", epsilon2);
            Hyperparameters.notNegative("adafactor", "weight decay", weightDecay);
            if (!(beta2Decay <= 0 && beta2Decay > Double.NEGATIVE_INFINITY)) {
                throw Hyperparameters.bad("adafactor", "decay of beta2", beta2Decay, "a finite number, 0 or less");
            }
            if (!(clip >= 1 && clip < Double.POSITIVE_INFINITY)) {
                throw Hyperparameters.bad("adafactor", "clip", clip, "a finite number, 1 or more");
            }
        }

        /**
         * PyTorch's defaults: powers of -0.8, steps clipped at 1, no weight decay.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(-0.8, OptionalDouble.empty(), 1e-3, 1, 0);
        }
    }

    private final Options options;

    /**
     * An Adafactor optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adafactor(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An Adafactor optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adafactor(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An Adafactor optimizer of the given parameters, which form one group.
     *
     * @param parameters what is trained
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adafactor(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An Adafactor optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its
     * own.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adafactor(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, ROWS, COLUMNS, SQUARE);
        this.options = options;
    }

    @Override
    boolean isDecoupled() {
        return true;
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        long step = steps(p);
        double epsilon = options.epsilon1.orElse(
                spacing(parameters().get(p.index()).leaf().dtype()));
        Tensor squares = squares(p, g, Math.pow(step, options.beta2Decay), epsilon);
        Tensor change = squares.clamp(epsilon * epsilon, Double.POSITIVE_INFINITY)
                .rsqrt()
                .mul(g);
        double root = Math.sqrt(g.shape().elements());
        Tensor clipped = change.div(change.norm().div(root * options.clip).clamp(1, Double.POSITIVE_INFINITY));
        Tensor size = p.value().norm().div(root).clamp(options.epsilon2, Double.POSITIVE_INFINITY);
        return clipped.mul(size.mul(Math.min(rate, 1 / Math.sqrt(step))));
    }

    /** The running means of the squares, or what rows and columns make of them. */
    private Tensor squares(Trained p, Tensor g, double part, double epsilon) {
        Tensor now = g.square();
        if (g.shape().rank() < 2) {
            Tensor square = state(SQUARE, p);
            track(square, 1 - part, now);
            return square;
        }
        Tensor rows = factor(ROWS, p);
        Tensor columns = factor(COLUMNS, p);
        track(rows, 1 - part, now.mean(-1, Keep.KEEP));
        track(columns, 1 - part, now.mean(-2, Keep.KEEP));
        Tensor all = rows.mean(-2, Keep.KEEP).clamp(epsilon, Double.POSITIVE_INFINITY);
        return rows.mul(columns).div(all);
    }

    private Tensor factor(String kind, Trained p) {
        Map<Integer, Tensor> tensors = state().computeIfAbsent(kind, k -> new LinkedHashMap<>());
        Tensor value = Autograd.detach(p.value());
        return tensors.computeIfAbsent(
                p.index(),
                i -> Tensor.full(
                                0,
                                value.dtype(),
                                value.device(),
                                stateShape(kind, value.shape()).toArray())
                        .keep());
    }

    @Override
    protected Shape stateShape(String kind, Shape parameter) {
        int rank = parameter.rank();
        return switch (kind) {
            case ROWS -> rank < 2 ? parameter : parameter.with(rank - 1, 1);
            case COLUMNS -> rank < 2 ? parameter : parameter.with(rank - 2, 1);
            default -> parameter;
        };
    }

    /** The distance from 1 to the next number of a type. */
    private static double spacing(DType dtype) {
        return switch (dtype) {
            case F64 -> 0x1p-52;
            case F16 -> 0x1p-10;
            case BF16 -> 0x1p-7;
            default -> 0x1p-23;
        };
    }
}
