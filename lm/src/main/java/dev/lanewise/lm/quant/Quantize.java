package dev.lanewise.lm.quant;

import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.Tensor;
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
     * How many layers were rounded, and how much memory that saved.
     *
     * @param layers how many layers were rounded
     * @param bytesBefore how many bytes their weights took
     * @param bytesAfter how many bytes they take
     */
    public record Saved(int layers, long bytesBefore, long bytesAfter) {}

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
        int count = 0;
        long before = 0;
        long after = 0;
        for (Map.Entry<String, WeightLayer> entry : layers(model).entrySet()) {
            WeightLayer layer = entry.getValue();
            if (chosen.test(entry.getKey())) {
                before += layer.weight().leaf().spec().bytes();
                QuantizedWeight packed = rounding.apply(layer.dense());
                layer.pack(packed);
                after += packed.bytes();
                count++;
            }
        }
        return new Saved(count, before, after);
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
                    least = Math.min(least, x.amin().item());
                    greatest = Math.max(greatest, x.amax().item());
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
            int count = 0;
            long before = 0;
            long after = 0;
            for (Map.Entry<WeightLayer, Range> entry : ranges.entrySet()) {
                Range range = entry.getValue();
                WeightLayer layer = entry.getKey();
                if (range.seen) {
                    before += layer.weight().leaf().spec().bytes();
                    QuantizedWeight packed = QuantizedWeight.int8(
                            layer.dense(), new QuantizedWeight.Activations.Static(range.least, range.greatest));
                    layer.pack(packed);
                    after += packed.bytes();
                    count++;
                }
            }
            return new Saved(count, before, after);
        }

        @Override
        public void close() {
            ranges.forEach(WeightLayer::restore);
        }
    }
}
