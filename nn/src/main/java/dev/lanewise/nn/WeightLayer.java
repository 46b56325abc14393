package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A layer that multiplies by a weight and may add a bias. The weight may be a parameter, or packed into few bits.
 */
public abstract class WeightLayer extends Layer {
    private volatile @Nullable Packed packed;

    /** A layer without adaptations; a subclass's constructor makes its weight. */
    protected WeightLayer() {}

    /**
     * {@return the layers of this kind inside a model by their names, each once}
     *
     * @param model the model
     */
    public static Map<String, WeightLayer> all(Layer model) {
        Map<String, WeightLayer> all = new LinkedHashMap<>();
        collect("", model, all);
        return all;
    }

    private static void collect(String prefix, Layer layer, Map<String, WeightLayer> all) {
        layer.children().forEach((name, child) -> {
            if (child instanceof WeightLayer weighted && !all.containsValue(weighted)) {
                all.put(prefix + name, weighted);
            }
            collect(prefix + name + '.', child, all);
        });
    }

    /** A weight in another form than a parameter, for example quantized to few bits. It is not trained. */
    public interface Packed {
        /** {@return the number of elements of an input: the size of its last dimension} */
        long in();

        /** {@return the number of elements of a result: the size of its last dimension} */
        long out();

        /**
         * {@return {@code x weight^T} without a bias, with gradients for x}
         *
         * @param x {@code [..., in]}
         */
        Tensor product(Tensor x);

        /** {@return the weight as a dense tensor {@code [out, in]}} */
        Tensor dense();

        /** {@return how many bytes the weight takes} */
        long bytes();
    }

    /**
     * {@return the layer's result, computed from its parameters}
     *
     * @param x {@code [..., in]}
     */
    protected abstract Tensor product(Tensor x);

    /**
     * {@return the weight as it is stored}
     *
     * @throws TensorException if it is packed
     */
    public abstract Parameter weight();

    /** {@return what is added to each output, {@code [out]}, or null} */
    public abstract @Nullable Parameter bias();

    /** {@return whether the weight is {@code [in, out]} instead of {@code [out, in]}} */
    public boolean isInputFirst() {
        return false;
    }

    /** {@return the number of elements of an input: the size of its last dimension} */
    public final long in() {
        Packed p = packed;
        return p == null ? weight().leaf().shape().size(isInputFirst() ? 0 : 1) : p.in();
    }

    /** {@return the number of elements of a result: the size of its last dimension} */
    public final long out() {
        Packed p = packed;
        return p == null ? weight().leaf().shape().size(isInputFirst() ? 1 : 0) : p.out();
    }

    /** {@return the weight as {@code [out, in]}, whatever its form} */
    public final Tensor dense() {
        Packed p = packed;
        if (p != null) {
            return p.dense();
        }
        Tensor stored = weight().tensor();
        return isInputFirst() ? stored.transpose(0, 1) : stored;
    }

    /** {@return the weight in another form, or null while it is a parameter} */
    public final @Nullable Packed packed() {
        return packed;
    }

    /**
     * Replaces the weight by another form of it. The parameter no longer belongs to the layer, and its memory is freed
     * if nothing else refers to it; a bias stays a parameter.
     *
     * @param form of the same sizes
     * @throws TensorException if the form is of a weight of another shape
     */
    public final void pack(Packed form) {
        if (form.in() != in() || form.out() != out()) {
            throw new TensorException("pack: weight [" + form.out() + ", " + form.in() + "] for a layer of [" + out()
                    + ", " + in() + "]; sizes must stay");
        }
        packed = form;
        members.parameters.remove("weight");
        weightPacked();
    }

    /**
     * Starts with a packed weight that was never a parameter; called by constructors.
     *
     * @param form the weight
     */
    protected final void begin(Packed form) {
        packed = form;
    }

    /** Drops the parameter of the weight, which is held in another form from now on. */
    protected abstract void weightPacked();

    /**
     * {@return the weight, if it is still a parameter; for {@link #weight}}
     *
     * @param weight the parameter, or null if it is packed
     */
    protected final Parameter unpacked(@Nullable Parameter weight) {
        if (weight == null) {
            throw new TensorException("layer " + getClass().getSimpleName()
                    + ": its weight is packed (expected a parameter); use dense(), or train adapters");
        }
        return weight;
    }

    /** Whether the layer's result is that of its parameters. */
    final boolean isPlain() {
        return !isAdapted() && packed == null;
    }

    @Override
    protected final Tensor compute(Tensor x) {
        Packed p = packed;
        if (p == null) {
            return product(x);
        }
        Parameter bias = bias();
        Tensor y = p.product(x);
        return bias == null ? y : y.add(bias.tensor());
    }
}
