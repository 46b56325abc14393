package dev.lanewise.nn.optim;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An optimizer whose step is written in tensor operations, one parameter at a time. */
abstract class PerParameter extends Optimizer {
    private final double weightDecay;
    private final Map<String, Map<Integer, Tensor>> state = new LinkedHashMap<>();

    /**
     * For subclasses.
     *
     * @param weightDecay the factor of the L2 penalty
     * @param kinds the names of the state's tensors
     */
    PerParameter(ParameterGroups groups, double rate, double weightDecay, String... kinds) {
        super(groups, rate);
        this.weightDecay = weightDecay;
        Arrays.stream(kinds).forEach(kind -> state.put(kind, new LinkedHashMap<>()));
    }

    @Override
    protected final void update(List<Trained> trained, Settings settings) {
        double decay = settings.weightDecay(weightDecay);
        for (Trained p : trained) {
            try (var ignored = Scope.open("optimizer")) {
                boolean penalty = decay != 0 && !isDecoupled();
                Tensor g = penalty ? p.gradient().add(p.value().mul(decay)) : p.gradient();
                Tensor change = change(p, g, settings.rate());
                Tensor kept = decay == 0 || penalty ? p.value() : p.value().mul(1 - settings.rate() * decay);
                p.value().assign(kept.sub(change));
            }
        }
    }

    /**
     * Whether the weight decay scales the parameter (Loshchilov and Hutter 2017, arXiv:1711.05101) rather than adds to the
     * gradient.
     */
    boolean isDecoupled() {
        return false;
    }

    /** The weight decay of a group with settings. */
    final double weightDecay(Settings settings) {
        return settings.weightDecay(weightDecay);
    }

    /** What is taken off the parameter at a learning rate; the state has been moved on. */
    abstract Tensor change(Trained p, Tensor gradient, double rate);

    @Override
    protected final Map<String, Map<Integer, Tensor>> state() {
        return state;
    }

    /** The parameter's tensor of a kind of state, initially zeros. */
    final Tensor state(String kind, Trained p) {
        return zeros(Objects.requireNonNull(state.get(kind), kind), p);
    }

    /** Moves a running mean towards a value: {@code mean = decay mean + (1 - decay) value}. */
    static void track(Tensor mean, double decay, Tensor value) {
        mean.assign(mean.mul(decay).add(value.mul(1 - decay)));
    }
}
