package dev.lanewise.lm.adapter;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The adapter of one layer: its parameters have the names that peft's files use. */
abstract sealed class Adapter extends Layer {
    private final Layer layer;

    /** What is trained in place of the layer's own parameters, by their names. */
    private final Map<String, Parameter> copies = new LinkedHashMap<>();

    /** Shapes of stored parameters by name, or null where a new adapter makes its own. */
    interface Stored extends Function<String, @Nullable Shape> {}

    private Adapter(Layer layer) {
        this.layer = layer;
    }

    static Adapter of(String name, Site site, LoraConfig config, Stored stored, Rng rng) {
        site.check(name, config);
        boolean fits = switch (config.kind()) {
            case LORA, RSLORA, DORA -> true;
            case ADALORA -> site instanceof Linears;
            case IA3 -> site.hasScales();
        };
        if (!fits) {
            throw new TensorException("lora: '" + name + "', a layer of the kind "
                    + site.layer().getClass().getSimpleName() + ", for " + config.kind()
                    + " (expected a linear layer" + (config.kind() == Kind.IA3 ? ", Conv2d or Conv3d" : "")
                    + "); leave it out of the targets, or use LORA");
        }
        Adapter made = switch (config.kind()) {
            case LORA, RSLORA, DORA -> new LowRank(name, site, config, stored, rng);
            case ADALORA -> new Triplets(site, config, stored, rng);
            case IA3 -> new Scales(site, config.isFeedForward(name));
        };
        if (config.biases() != LoraConfig.Biases.NONE && site.bias() != null) {
            Holder holder = made.child("base_layer", new Holder());
            made.replace("bias", holder::hold);
        }
        return made;
    }

    /** Copies of a layer's own parameters, which are trained in their place. */
    static Adapter copies(Layer layer, Collection<String> names) {
        Copies made = new Copies(layer);
        names.forEach(name -> ((Adapter) made).replace(name, made::hold));
        return made;
    }

    /** The names of a layer's own parameters. */
    static List<String> own(Layer layer) {
        return layer.namedParameters().keySet().stream()
                .filter(name -> name.indexOf('.') < 0)
                .toList();
    }

    /** Refuses a stored tensor of other sizes before memory is taken for one of these, which no file need hold. */
    private static void check(Stored stored, String name, Shape expected) {
        Shape known = stored.apply(name);
        if (known != null && !known.equals(expected)) {
            throw new TensorException(
                    "lora: " + name + " of " + known + " (expected " + expected + "); use the adapter of this model");
        }
    }

    private Parameter original(String name) {
        Parameter parameter = layer.namedParameters().get(name);
        if (parameter == null) {
            throw new IllegalStateException("no parameter " + name);
        }
        return parameter;
    }

    /** Lets the layer compute with a copy of one of its parameters, which is trained. */
    private void replace(String name, BiFunction<String, Tensor, Parameter> holder) {
        copies.put(
                name, holder.apply(name, Autograd.detach(original(name).leaf()).copy()));
    }

    /** The layer's result with the adapter. */
    Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
        return inner.apply(x);
    }

    /** Whether {@link #apply} changes results. */
    boolean changesResults() {
        return true;
    }

    /** Whether the layer's results are no longer those of one of its own parameters. */
    boolean changes(String own) {
        return copies.containsKey(own);
    }

    /** Whether the layer computes with other parameters than its own. */
    final boolean hasCopies() {
        return !copies.isEmpty();
    }

    /** What the layer computes with in place of its own parameters, by their names. */
    final Map<String, Tensor> substitutes() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        copies.forEach((name, parameter) -> all.put(name, parameter.tensor()));
        return all;
    }

    /** The model's parameters that merging changes; an error if one can't be. */
    List<Parameter> mergedInto() {
        return copies.keySet().stream().map(this::original).toList();
    }

    /** Gives each parameter of the model that merging changes, with its values afterwards. */
    void merge(BiConsumer<Parameter, Tensor> into) {
        copies.forEach((name, parameter) -> into.accept(original(name), parameter.tensor()));
    }

    /** Adds the adapter of a layer inside this one's. */
    final Layer within(String name, Layer inside) {
        return child(name, inside);
    }

    final Layer layer() {
        return layer;
    }

    /** Parameters under a name. */
    static final class Holder extends Layer {
        Holder() {}

        Parameter hold(String name, Tensor initial) {
            return parameter(name, initial);
        }
    }

    /** The adapter of a layer that has a weight. */
    abstract static sealed class OfSite extends Adapter {
        private final Site site;

        OfSite(Site site) {
            super(site.layer());
            this.site = site;
        }

        final Site site() {
            return site;
        }

        /** A parameter named by a path of one or two names. */
        final Parameter made(String path, Tensor initial) {
            Tensor placed = initial.to(site.dtype()).to(site.device());
            int point = path.indexOf('.');
            return point < 0
                    ? parameter(path, placed)
                    : child(path.substring(0, point), new Holder()).hold(path.substring(point + 1), placed);
        }

        @Override
        final boolean changes(String own) {
            return own.equals("weight") || super.changes(own);
        }

        /** The weight, in the site's form, with the adapter in it. */
        abstract Tensor mergedWeight(Tensor weight);

        @Override
        List<Parameter> mergedInto() {
            List<Parameter> all = new ArrayList<>(super.mergedInto());
            all.add(site.weight());
            if (!own(layer()).contains("weight")) {
                throw new TensorException(
                        "lora: merge into a weight that is parametrized (expected a parameter of its own);"
                                + " unparametrize it, or use the adapter as it is");
            }
            return all;
        }

        @Override
        void merge(BiConsumer<Parameter, Tensor> into) {
            super.merge(into);
            into.accept(site.weight(), site.stored(mergedWeight(site.dense())));
        }
    }

    /** LoRA, rsLoRA and DoRA. */
    static final class LowRank extends OfSite {
        private final double scale;
        private final double dropout;
        private final Parameter a;
        private final Parameter b;
        private final @Nullable Parameter magnitude;

        LowRank(String name, Site site, LoraConfig config, Stored stored, Rng rng) {
            super(site);
            int rank = config.rankOf(name);
            double divisor = config.kind() == Kind.RSLORA ? Math.sqrt(rank) : rank;
            scale = config.alphaOf(name) / divisor;
            dropout = site.dropsInputs() ? config.dropout() : 0;
            Site.Names names = site.names();
            long[] first = site.first(rank).toArray();
            long[] second = site.second(rank).toArray();
            check(stored, names.a(), Shape.of(first));
            check(stored, names.b(), Shape.of(second));
            boolean zerosFirst = site.beginsWithZeros();
            a = made(names.a(), zerosFirst ? Tensor.zeros(first) : Init.fanIn(rng, site.fanIn(), first));
            b = made(names.b(), zerosFirst ? Init.normal(rng, 0, 1, second) : Tensor.zeros(second));
            magnitude = config.kind() == Kind.DORA
                    ? parameter("lora_magnitude_vector", Autograd.noGrad(() -> site.norm(site.dense())))
                    : null;
            random(Rng.global());
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            boolean drops = dropout > 0 && isTraining();
            Tensor input = drops ? x.dropout(dropout, Rng.global()) : x;
            Tensor base = inner.apply(x);
            Tensor update = site().update(input, a.tensor(), b.tensor()).mul(scale);
            if (magnitude == null) {
                return base.add(update);
            }
            Tensor share = share(magnitude);
            // as in peft, the weight's own part sees the input with dropout too
            Tensor product = withoutBias(drops ? inner.apply(input) : base);
            return base.add(product.mul(share.sub(1))).add(update.mul(share));
        }

        private Tensor withoutBias(Tensor result) {
            Parameter bias = site().bias();
            return bias == null ? result : result.sub(site().overResult(bias.tensor()));
        }

        /** The learned magnitudes divided by those of the updated weight, through which no gradient flows. */
        private Tensor share(Parameter learned) {
            Tensor norm = Autograd.noGrad(() -> site().norm(site().dense().add(delta())));
            return learned.tensor().div(norm);
        }

        @Override
        List<Parameter> mergedInto() {
            site().requireMergeable();
            return super.mergedInto();
        }

        private Tensor delta() {
            return site().delta(a.tensor(), b.tensor()).mul(scale);
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            Tensor updated = weight.add(delta());
            return magnitude == null ? updated : updated.mul(site().overWeight(share(magnitude)));
        }
    }

    /** AdaLoRA. */
    static final class Triplets extends OfSite {
        private final double scale;
        private final double dropout;
        private final Parameter a;
        private final Parameter b;
        private final Parameter e;
        private boolean @Nullable [] kept;

        Triplets(Site site, LoraConfig config, Stored stored, Rng rng) {
            super(site);
            Shape known = stored.apply("lora_A");
            // a stored one has only the ranks that it kept
            long rank = known == null || known.rank() != 2 ? config.rank() : known.size(0);
            scale = config.alpha() / (config.rank() + 1e-5);
            dropout = config.dropout();
            check(stored, "lora_A", site.first(rank));
            check(stored, "lora_B", site.second(rank));
            a = made("lora_A", Init.normal(rng, 0, 0.02, site.first(rank).toArray()));
            b = made("lora_B", Init.normal(rng, 0, 0.02, site.second(rank).toArray()));
            e = made("lora_E", Tensor.zeros(rank, 1));
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

        Device device() {
            return site().device();
        }

        private boolean isEmpty() {
            return a.leaf().shape().size(0) == 0;
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            Tensor input = dropout > 0 && isTraining() ? x.dropout(dropout, Rng.global()) : x;
            Tensor base = inner.apply(x);
            if (isEmpty()) {
                return base;
            }
            return base.add(
                    site().update(input, a.tensor().mul(e.tensor()), b.tensor()).mul(scale));
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            return isEmpty()
                    ? weight
                    : weight.add(
                            site().delta(a.tensor().mul(e.tensor()), b.tensor()).mul(scale));
        }
    }

    /** IA3. */
    static final class Scales extends OfSite {
        private final boolean ofInput;
        private final Parameter scales;

        Scales(Site site, boolean ofInput) {
            super(site);
            this.ofInput = ofInput;
            scales = made("ia3_l", Tensor.ones(site.scales(ofInput).toArray()));
        }

        @Override
        Tensor apply(Tensor x, UnaryOperator<Tensor> inner) {
            Tensor own = site().overActivations(scales.tensor());
            return ofInput ? inner.apply(x.mul(own)) : inner.apply(x).mul(own);
        }

        @Override
        Tensor mergedWeight(Tensor weight) {
            return weight.mul(site().scalesOverWeight(scales.tensor(), ofInput));
        }

        @Override
        void merge(BiConsumer<Parameter, Tensor> into) {
            super.merge(into);
            Parameter bias = site().bias();
            if (!ofInput && bias != null) {
                into.accept(bias, bias.tensor().mul(scales.tensor().flatten()));
            }
        }
    }

    /** Parameters of its own instead of some of the layer's. */
    static final class Copies extends Adapter {
        Copies(Layer layer) {
            super(layer);
        }

        Parameter hold(String name, Tensor initial) {
            return parameter(name, initial);
        }

        @Override
        boolean changesResults() {
            return false;
        }
    }
}
