package dev.lanewise.lm.part;

import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** {@code down(gate(w1 x) * (w3 x))} (Shazeer 2020, arXiv:2002.05202). */
public final class GatedFeedForward extends Part implements Prunable {
    private final Gate function;
    private final WeightLayer gate;
    private final WeightLayer up;
    private final WeightLayer down;

    /**
     * Names of the three layers.
     *
     * @param gate the name of the layer inside the activation
     * @param up that of the layer it is multiplied with
     * @param down that of the layer that follows
     */
    public record Names(String gate, String up, String down) {
        /** Llama's. */
        public static final Names LLAMA = new Names("gate_proj", "up_proj", "down_proj");

        /** Mixtral's experts'. */
        public static final Names MIXTRAL = new Names("w1", "w3", "w2");
    }

    /** A layer. */
    public GatedFeedForward(Weights weights, Names names, long size, long inner, boolean bias, Gate function) {
        this.function = function;
        gate = linear(weights, names.gate, size, inner, bias);
        up = linear(weights, names.up, size, inner, bias);
        down = linear(weights, names.down, inner, size, bias);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return down.forward(inner(x));
    }

    /** Results are large, and released as soon as the next one is there. */
    private Tensor inner(Tensor x) {
        try (Scope whole = Scope.open("inner")) {
            Tensor factor;
            try (Scope gated = Scope.open("gate")) {
                factor = gated.keep(function.apply(gate.forward(x)));
            }
            return whole.keep(factor.mul(up.forward(x)));
        }
    }

    /** What lies between the layers. */
    @Override
    public List<Units> units() {
        List<Units.Slices> slices = new ArrayList<>(Slicing.of(1, up, gate));
        slices.add(Slicing.input(1, down));
        return List.of(new Units("inner", Math.toIntExact(down.in()), slices, List.of()));
    }
}
