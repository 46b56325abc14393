package dev.lanewise.lm.quant;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Rounds the weights of a model's linear layers to few bits, in place: the parameters are removed, and their memory is
 * freed. Weights that another layer shares, such as a head tied to a table of embeddings, are left unchanged.
 *
 * <pre>{@code
 * Quantize.Saved saved = Quantize.int8(model, name -> !name.equals("lm_head"));
 * System.out.println(saved.bytesBefore() + " -> " + saved.bytesAfter());
 * }</pre>
 */
public final class Quantize {
    private Quantize() {}

    /**
     * How many layers were rounded, how much memory that saved, and what it cost.
     *
     * @param layers how many layers were rounded
     * @param bytesBefore how many bytes their weights took
     * @param bytesAfter how many bytes they take
     * @param error how far the weights are from what they were: the norm of the differences, divided by that of the weights.
     *     Of rounded activations, it says nothing
     */
    public record Saved(int layers, long bytesBefore, long bytesAfter, double error) {}

    /** What has been rounded so far. */
    private static final class Tally {
        private static final int ROWS = 256;

        private int layers;
        private long before;
        private long after;
        private double squares;
        private double differences;

        /** Rounds a layer's weight. */
        void pack(WeightLayer layer, Function<Tensor, QuantizedWeight> rounding) {
            before += layer.weight().leaf().spec().bytes();
            Tensor weight = Autograd.detach(layer.dense());
            QuantizedWeight packed = rounding.apply(weight);
            compare(weight, packed);
            layer.pack(packed);
            after += packed.bytes();
            layers++;
        }

        private void compare(Tensor weight, QuantizedWeight packed) {
            for (long first = 0; first < packed.out(); first += ROWS) {
                long count = Math.min(ROWS, packed.out() - first);
                try (Scope ignored = Scope.open("compare")) {
                    Tensor rows = weight.narrow(0, first, count).to(DType.F32);
                    Tensor numbers = Tensor.arange(first, first + count, 1, DType.I64, weight.device());
                    squares += square(rows);
                    differences += square(packed.rows(numbers).sub(rows));
                }
            }
        }

        private static double square(Tensor x) {
            double norm = x.norm().item();
            return norm * norm;
        }

        Saved saved() {
            return new Saved(layers, before, after, squares == 0 ? 0 : Math.sqrt(differences / squares));
        }
    }

    /**
     * Rounds weights to 8 bits with a scale per row.
     *
     * @param model the model
     * @param layers which layers, by name
     * @return what was saved
     */
    public static Saved int8(Layer model, Predicate<String> layers) {
        Objects.requireNonNull(layers, "layers");
        return pack(model, layers, QuantizedWeight::int8);
    }

    /**
     * Rounds weights to 8 bits, and activations to 8 bits in each call.
     *
     * @param model the model
     * @param layers which layers, by name
     * @return what was saved
     */
    public static Saved int8Dynamic(Layer model, Predicate<String> layers) {
        Objects.requireNonNull(layers, "layers");
        return pack(model, layers, weight -> QuantizedWeight.int8(weight, new QuantizedWeight.Activations.Dynamic()));
    }

    /**
     * Rounds weights to GGUF's blocks; layers whose rows are not a multiple of a block are left unchanged.
     *
     * @param model the model
     * @param format a format that can be written: Q8_0, Q5_0, Q4_0, ...
     * @param layers which layers, by name
     * @return what was saved
     */
    public static Saved weights(Layer model, BlockType format, Predicate<String> layers) {
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(layers, "layers");
        return pack(
                model,
                name -> layers.test(name) && at(model, name).in() % format.elements() == 0,
                weight -> QuantizedWeight.blocks(weight, format));
    }

    private static WeightLayer at(Layer model, String name) {
        WeightLayer layer = layers(model).get(name);
        if (layer == null) {
            throw new IllegalStateException("no layer " + name);
        }
        return layer;
    }

    private static Saved pack(Layer model, Predicate<String> chosen, Function<Tensor, QuantizedWeight> rounding) {
        Tally tally = new Tally();
        layers(model).forEach((name, layer) -> {
            if (chosen.test(name)) {
                tally.pack(layer, rounding);
            }
        });
        return tally.saved();
    }

    /** The layers that can be rounded: those whose weight is a parameter that no other layer shares. */
    private static Map<String, WeightLayer> layers(Layer model) {
        Map<String, WeightLayer> all = WeightLayer.all(model);
        Map<String, Tensor> state = model.stateDict();
        Set<Tensor> once = new HashSet<>();
        Set<Tensor> twice = new HashSet<>();
        state.values().stream().filter(tensor -> !once.add(tensor)).forEach(twice::add);
        all.values()
                .removeIf(layer ->
                        layer.packed() != null || twice.contains(layer.weight().leaf()));
        return all;
    }

    /**
     * Observes a model's activations, to round them later by the observed ranges.
     *
     * <pre>{@code
     * try (Quantize.Calibration calibration = Quantize.calibrate(model, name -> true)) {
     *     batches.forEach(model::forward);
     *     calibration.apply();
     * }
     * }</pre>
     *
     * @param model the model
     * @param layers which layers, by name
     * @return the observer of the activations
     */
    public static Calibration calibrate(Layer model, Predicate<String> layers) {
        Objects.requireNonNull(layers, "layers");
        return new Calibration(model, layers);
    }

    /** The ranges of the inputs of layers. Closing ends the observation. */
    public static final class Calibration implements AutoCloseable {
        private final Map<WeightLayer, Range> ranges = new LinkedHashMap<>();

        /** A layer's inputs. */
        private static final class Range implements Layer.Adaptation {
            private double least;
            private double greatest;
            private boolean seen;

            @Override
            public Tensor apply(Layer layer, Tensor x, UnaryOperator<Tensor> inner) {
                see(x);
                return inner.apply(x);
            }

            private synchronized void see(Tensor x) {
                if (x.shape().elements() > 0) {
                    double low = x.amin().item();
                    double high = x.amax().item();
                    if (!Double.isFinite(low) || !Double.isFinite(high)) {
                        throw new TensorException("calibrate: inputs from " + low + " to " + high
                                + " (expected finite numbers, whose range is measured); check the batches");
                    }
                    least = Math.min(least, low);
                    greatest = Math.max(greatest, high);
                    seen = true;
                }
            }
        }

        private Calibration(Layer model, Predicate<String> chosen) {
            layers(model).forEach((name, layer) -> {
                if (chosen.test(name)) {
                    Range range = new Range();
                    layer.adapt(range);
                    ranges.put(layer, range);
                }
            });
        }

        /**
         * Rounds weights to 8 bits, and activations by the observed ranges; layers without observations are left
         * unchanged.
         *
         * @return what was saved
         */
        public Saved apply() {
            close();
            Tally tally = new Tally();
            ranges.forEach((layer, range) -> {
                if (range.seen) {
                    QuantizedWeight.Activations seen =
                            new QuantizedWeight.Activations.Static(range.least, range.greatest);
                    tally.pack(layer, weight -> QuantizedWeight.int8(weight, seen));
                }
            });
            return tally.saved();
        }

        @Override
        public void close() {
            ranges.forEach(WeightLayer::restore);
        }
    }
}
