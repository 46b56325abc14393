package dev.lanewise.lm.adapter;

import dev.lanewise.lm.quant.QuantizedEmbedding;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What adapters need to know of a layer that they can change: how low-rank factors, weights and results of its kind lie. */
sealed interface Site permits Linears, Tables, Convolutions {
    /** The names of both factors in peft's files. */
    record Names(String a, String b) {
        static final Names LAYERS = new Names("lora_A.weight", "lora_B.weight");
        static final Names TABLE = new Names("lora_embedding_A", "lora_embedding_B");
    }

    /** The layer as an adapter sees it, or null if it is of a kind that has none. */
    static @Nullable Site of(Layer layer) {
        return switch (layer) {
            case WeightLayer own -> new Linears(own);
            case Embedding own -> new Tables(own, own.weight(), null);
            case QuantizedEmbedding own -> new Tables(own, null, own.table());
            case Conv1d own -> new Convolutions(own, own.weight(), own.bias(), own.window(), own.groups());
            case Conv2d own -> new Convolutions(own, own.weight(), own.bias(), own.window(), own.groups());
            case Conv3d own -> new Convolutions(own, own.weight(), own.bias(), own.window(), own.groups());
            default -> null;
        };
    }

    /** All layers inside a model by their first names. */
    static Map<String, Layer> layers(Layer model) {
        Map<Layer, String> names = new LinkedHashMap<>();
        collect("", model, names);
        Map<String, Layer> all = new LinkedHashMap<>();
        names.forEach((layer, name) -> all.put(name, layer));
        return all;
    }

    private static void collect(String prefix, Layer layer, Map<Layer, String> names) {
        layer.children().forEach((name, child) -> {
            names.putIfAbsent(child, prefix + name);
            collect(prefix + name + '.', child, names);
        });
    }

    /** The layer. */
    Layer layer();

    /** What the layer adds to its result, or null. */
    @Nullable
    Parameter bias();

    /** The weight as it is stored; an error if it is packed. */
    Parameter weight();

    /** Whether the weight is in another form than a parameter. */
    default boolean isPacked() {
        return false;
    }

    /** The weight in the form of {@link #delta}. */
    Tensor dense();

    /** A weight in the form of {@link #delta} as it is stored. */
    default Tensor stored(Tensor weight) {
        return weight;
    }

    default DType dtype() {
        return weight().leaf().dtype();
    }

    default Device device() {
        return weight().leaf().device();
    }

    default Names names() {
        return Names.LAYERS;
    }

    /** Refuses what the kind of layer does not allow. */
    default void check(String name, LoraConfig config) {}

    /** Whether the input is numbers of which some may be dropped. */
    default boolean dropsInputs() {
        return true;
    }

    /** The sizes of the first factor. */
    Shape first(long rank);

    /** The sizes of the second factor. */
    Shape second(long rank);

    /** The number of inputs of an element of the first factor's result. */
    long fanIn();

    /** Whether the first factor begins as zeros, and the second with random numbers, instead of the other way round. */
    default boolean beginsWithZeros() {
        return false;
    }

    /** Refuses what an update can't be merged into. */
    default void requireMergeable() {}

    /** The result of both factors for an input of the layer. */
    Tensor update(Tensor x, Tensor a, Tensor b);

    /** What both factors add to the weight. */
    Tensor delta(Tensor a, Tensor b);

    /** The norm of the part of a weight that makes each element, or channel, of a result. */
    Tensor norm(Tensor weight);

    /** One number for each element, or channel, of a result, as {@link #norm} has them, so that it multiplies a weight. */
    Tensor overWeight(Tensor each);

    /** The bias, so that it can be added to a result. */
    default Tensor overResult(Tensor bias) {
        return bias;
    }

    /** Whether IA3 has scales for this kind of layer. */
    default boolean hasScales() {
        return false;
    }

    /** The sizes of IA3's scales of inputs or results. */
    default Shape scales(boolean ofInput) {
        throw new IllegalStateException("no scales");
    }

    /** Scales, so that they multiply inputs or results. */
    default Tensor overActivations(Tensor scales) {
        throw new IllegalStateException("no scales");
    }

    /** Scales of inputs or results, so that they multiply a weight. */
    default Tensor scalesOverWeight(Tensor scales, boolean ofInput) {
        throw new IllegalStateException("no scales");
    }
}
