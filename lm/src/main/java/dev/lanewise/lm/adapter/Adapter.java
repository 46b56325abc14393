package dev.lanewise.lm.adapter;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The adapter of one layer: its parameters have the names that peft's files use. */
abstract sealed class Adapter extends Layer {
    private final WeightLayer layer;
    private final @Nullable Parameter bias;

    /** Shapes of stored parameters by name, or null where a new adapter makes its own. */
    interface Stored extends Function<String, @Nullable Shape> {}

    private Adapter(WeightLayer layer, boolean withBias) {
        this.layer = layer;
        Parameter own = layer.bias();
        bias = withBias && own != null
                ? child("base_layer", new Holder())
                        .hold("bias", Autograd.detach(own.leaf()).copy())
                : null;
    }

    static Adapter of(String name, WeightLayer layer, LoraConfig config, Stored stored, Rng rng) {
        boolean bias = config.biases() == LoraConfig.Biases.ADAPTED;
        return switch (config.kind()) {
            case LORA, RSLORA, DORA -> new LowRank(name, layer, config, bias, stored, rng);
            case ADALORA -> new Triplets(layer, config, bias, stored, rng);
            case IA3 -> new Scales(layer, config.isFeedForward(name));
        };
    }

    /** Refuses a stored matrix of other sizes before memory is taken for one of these, which no file need hold. */
    private static void check(Stored stored, String name, long rows, long columns) {
        Shape known = stored.apply(name);
        if (known != null && !known.equals(Shape.of(rows, columns))) {
            throw new TensorException("lora: " + name + " of " + known + " (expected [" + rows + ", " + columns
                    + "]); use the adapter of this model");
        }
    }

    static Adapter whole(WeightLayer layer) {
        return new Whole(layer);
    }

    /** The layer's result with the adapter. */
    abstract Tensor apply(Tensor x, UnaryOperator<Tensor> inner);

    /** The layer's weight {@code [out, in]} with the adapter in it. */
    abstract Tensor mergedWeight(Tensor weight);

    /** The layer's bias with the adapter in it. */
    @Nullable
    Tensor mergedBias(@Nullable Tensor before) {
        return bias == null ? before : bias.tensor();
    }

    WeightLayer layer() {
        return layer;
    }

    /** The layer's own weight, {@code [out, in]}. */
    final Tensor weight() {
        return layer.dense();
    }

    /** The result with the adapter's own bias instead of the layer's. */
    final Tensor withBias(Tensor result) {
        Parameter before = layer.bias();
        return bias == null || before == null
                ? result
                : result.add(bias.tensor().sub(before.tensor()));
    }

    private DType dtype() {
        return layer.packed() == null ? layer.weight().leaf().dtype() : DType.F32;
    }

    final Device device() {
        return layer.packed() == null ? layer.weight().leaf().device() : Device.CPU;
    }

    final Tensor made(Tensor initial) {
        return initial.to(dtype()).to(device());
    }

    /** Parameters under a name. */
    static final class Holder extends Layer {
        Holder() {}

        Parameter hold(String name, Tensor initial) {
            return parameter(name, initial);
        }
    }

    final Parameter held(String path, String name, Tensor initial) {
        return child(path, new Holder()).hold(name, initial);
    }

    /** LoRA, rsLoRA and DoRA. */
    static final class LowRank extends Adapter {
        private final double scale;
        private final double dropout;
        private final Parameter a;
        private final Parameter b;
        private final @Nullable Parameter magnitude;

        LowRank(String name, WeightLayer layer, LoraConfig config, boolean withBias, Stored stored, Rng rng) {
            super(layer, withBias);
            int rank = config.rankOf(name);
            double divisor = config.kind() == Kind.RSLORA ? Math.sqrt(rank) : rank;
            scale = config.alphaOf(name) / divisor;
            dropout = config.dropout();
            check(stored, "lora_A.weight", rank, layer.in());
            check(stored, "lora_B.weight", layer.out(), rank);
            a = held("lora_A", "weight", made(Init.fanIn(rng, layer.in(), rank, layer.in())));
            b = held("lora_B", "weight", made(Tensor.zeros(layer.out(), rank)));
            magnitude = config.kind() == Kind.DORA ? parameter("lora_magnitude_vector", weight().norm(1)) : null;
            random(Rng.global());
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            Tensor base = withBias(inner.apply(x));
            Tensor input = dropout > 0 && isTraining() ? x.dropout(dropout, Rng.global()) : x;
            Tensor update =
                    input.linear(a.tensor(), null).linear(b.tensor(), null).mul(scale);
            if (magnitude == null) {
                return base.add(update);
            }
            Tensor share = share(magnitude);
            Parameter bias = layer().bias();
            Tensor product = bias == null ? base : base.sub(withBias(bias.tensor()));
            return base.add(product.mul(share.sub(1))).add(update.mul(share));
        }

        /** The learned magnitudes divided by those of the updated weight, through which no gradient flows. */
        private Tensor share(Parameter learned) {
            Tensor norm = Autograd.noGrad(() -> weight().add(delta()).norm(1));
            return learned.tensor().div(norm);
        }

        private Tensor delta() {
            return b.tensor().matmul(a.tensor()).mul(scale);
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            Tensor updated = weight.add(delta());
            return magnitude == null ? updated : updated.mul(share(magnitude).unsqueeze(1));
        }
    }

    /** AdaLoRA. */
    static final class Triplets extends Adapter {
        private final double scale;
        private final double dropout;
        private final Parameter a;
        private final Parameter b;
        private final Parameter e;
        private boolean @Nullable [] kept;

        Triplets(WeightLayer layer, LoraConfig config, boolean withBias, Stored stored, Rng rng) {
            super(layer, withBias);
            Shape known = stored.apply("lora_A");
            // a stored one has only the ranks that it kept
            long rank = known == null || known.rank() != 2 ? config.rank() : known.size(0);
            scale = config.alpha() / (config.rank() + 1e-5);
            dropout = config.dropout();
            check(stored, "lora_A", rank, layer.in());
            check(stored, "lora_B", layer.out(), rank);
            a = parameter("lora_A", made(Init.normal(rng, 0, 0.02, rank, layer.in())));
            b = parameter("lora_B", made(Init.normal(rng, 0, 0.02, layer.out(), rank)));
            e = parameter("lora_E", made(Tensor.zeros(rank, 1)));
            random(Rng.global());
        }

        /** Says which ranks are left; the numbers of the others play no part. */
        void keep(boolean... ranks) {
            kept = ranks.clone();
        }

        /** The ranks that are left, in order. */
        long[] left() {
            int all = Math.toIntExact(a.leaf().shape().size(0));
            boolean[] known = kept;
            return LongStream.range(0, all)
                    .filter(rank -> known == null || known[(int) rank])
                    .toArray();
        }

        Parameter a() {
            return a;
        }

        Parameter b() {
            return b;
        }

        Parameter e() {
            return e;
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            Tensor input = dropout > 0 && isTraining() ? x.dropout(dropout, Rng.global()) : x;
            Tensor base = withBias(inner.apply(x));
            if (a.leaf().shape().size(0) == 0) {
                return base;
            }
            Tensor update = input.linear(a.tensor().mul(e.tensor()), null).linear(b.tensor(), null);
            return base.add(update.mul(scale));
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            return a.leaf().shape().size(0) == 0
                    ? weight
                    : weight.add(b.tensor().matmul(a.tensor().mul(e.tensor())).mul(scale));
        }
    }

    /** IA3. */
    static final class Scales extends Adapter {
        private final boolean ofInput;
        private final Parameter scales;

        Scales(WeightLayer layer, boolean ofInput) {
            super(layer, false);
            this.ofInput = ofInput;
            scales = parameter("ia3_l", made(ofInput ? Tensor.ones(1, layer.in()) : Tensor.ones(layer.out(), 1)));
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            Tensor flat = scales.tensor().flatten();
            return ofInput ? inner.apply(x.mul(flat)) : inner.apply(x).mul(flat);
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            return weight.mul(scales.tensor());
        }

        @Override
        @Nullable
        Tensor mergedBias(@Nullable Tensor before) {
            return ofInput || before == null
                    ? before
                    : before.mul(scales.tensor().flatten());
        }
    }

    /** A weight and a bias of its own instead of the layer's. */
    static final class Whole extends Adapter {
        private final Parameter own;
        private final @Nullable Parameter ownBias;

        Whole(WeightLayer layer) {
            super(layer, false);
            own = parameter("weight", Autograd.detach(layer.weight().leaf()).copy());
            Parameter before = layer.bias();
            ownBias = before == null
                    ? null
                    : parameter("bias", Autograd.detach(before.leaf()).copy());
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            Tensor weight = own.tensor();
            return x.linear(
                    layer().isInputFirst() ? weight.transpose(0, 1) : weight,
                    ownBias == null ? null : ownBias.tensor());
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            return layer().isInputFirst() ? own.tensor().transpose(0, 1) : own.tensor();
        }

        @Override
        @Nullable
        Tensor mergedBias(@Nullable Tensor before) {
            return ownBias == null ? null : ownBias.tensor();
        }
    }
}
