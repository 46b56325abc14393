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
                Tensor g =
                        decay == 0 ? p.gradient() : p.gradient().add(p.value().mul(decay));
                p.value().assign(p.value().sub(change(p, g, settings.rate())));
            }
        }
    }

    /** What is subtracted from the parameter at a given learning rate. */
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
