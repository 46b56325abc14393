package dev.lanewise.lm.adapter;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An adapter on a model: a few parameters of its own that change the results of some of the model's layers. The model's
 * weights are frozen and stay unchanged, bit for bit. The adapter is a layer: an optimizer takes its
 * {@link #parameters()}, and its {@link #stateDict()} has the names of peft's files.
 *
 * <pre>{@code
 * Lora lora = Lora.apply(model, LoraConfig.lora(8, 16, "q_proj", "v_proj"));
 * Adam optimizer = new Adam(lora.parameters(), 1e-3, Adam.Options.adamW());
 * Gradients gradients = Autograd.gradients(CausalLM.loss(model.forward(ids), ids));
 * optimizer.step(gradients);
 * lora.save(folder);
 * }</pre>
 *
 * <p>Several adapters may be on one model: {@link #only} chooses one for a call, {@link #setEnabled} for all calls.
 */
public final class Lora extends Layer {
    private static final ThreadLocal<@Nullable Set<Lora>> CHOSEN = new ThreadLocal<>();

    /** The adapters that are on a model; weights that several are on stay frozen until the last is removed. */
    private static final Set<Lora> ON = Collections.newSetFromMap(new WeakHashMap<>());

    private final Layer model;
    private final LoraConfig config;
    private final Map<String, Adapter> adapters = new LinkedHashMap<>();
    /** Take the adapters off the model's layers again. */
    private final List<Runnable> installed = new ArrayList<>();

    private final Map<Parameter, Tensor> merged = new LinkedHashMap<>();
    /** The model's parameters that were not frozen before, or were given by an adapter that is removed. */
    private final List<Parameter> trainable;

    private volatile boolean enabled = true;

    private Lora(Layer model, LoraConfig given, Adapter.Stored stored, Rng rng) {
        this.model = model;
        config = given.withTargets(LayerNames.resolved(given.targets(), model));
        UnaryOperator<String> names = LayerNames.of(model, config.targets());
        Site.layers(model).forEach((name, layer) -> make(names.apply(name), layer, stored, rng));
        if (adapters.values().stream().allMatch(adapter -> adapter instanceof Adapter.Copies)) {
            throw new TensorException("lora: no layer of "
                    + LayerNames.adaptable(model).stream().limit(8).toList() + ", ... is one of " + config.targets()
                    + " (expected at least one); name others");
        }
        synchronized (ON) {
            trainable = model.parameters().stream()
                    .filter(parameter -> !parameter.isFrozen())
                    .collect(Collectors.toCollection(ArrayList::new));
            model.freeze(true);
            ON.add(this);
        }
        adapters.values().forEach(this::install);
        LayerNames.warnOfTied(model, adapters);
    }

    /** Makes the adapter that a layer gets, if any. */
    private void make(String name, Layer layer, Adapter.Stored stored, Rng rng) {
        List<String> own = Adapter.own(layer);
        Site site = Site.of(layer);
        if (config.isSaved(name)) {
            if (site != null) {
                // an error if there is none
                site.weight();
            }
            if (layer.namedBuffers().keySet().stream().anyMatch(buffer -> buffer.indexOf('.') < 0)) {
                throw new TensorException("lora: '" + name + "' among modules to save " + config.modulesToSave()
                        + " (expected layers without statistics of their own); leave out batch norms");
            }
            if (!own.isEmpty()) {
                add(name, Adapter.copies(layer, own));
            }
            return;
        }
        if (config.targets().match(name)) {
            if (site != null) {
                add(name, Adapter.of(name, site, config, member -> stored.apply(name + '.' + member), rng));
                return;
            }
            if (config.targets().pattern() == null && !own.isEmpty()) {
                throw new TensorException("lora: '" + name + "' among targets "
                        + config.targets().names()
                        + " (expected linear layers, embeddings or convolutions); leave out norms");
            }
        }
        if (config.biases() == LoraConfig.Biases.ALL && own.contains("bias")) {
            add(name, Adapter.copies(layer, List.of("bias")));
        }
    }

    private void install(Adapter adapter) {
        if (adapter.changesResults()) {
            Layer.Adaptation adaptation = (layer, x, inner) -> isActive() ? adapter.apply(x, inner) : inner.apply(x);
            adapter.layer().adapt(adaptation);
            installed.add(() -> adapter.layer().restore(adaptation));
        }
        if (adapter.hasCopies()) {
            installed.add(adapter.layer().substitute(() -> isActive() ? adapter.substitutes() : Map.of()));
        }
    }

    private void add(String name, Adapter adapter) {
        adapters.put(name, adapter);
        Groups.place(this, name, adapter);
    }

    /**
     * Puts a new adapter on a model; its initial values change no result.
     *
     * @param model the model to adapt
     * @param config the kind of adapter and the layers that get it
     * @return the adapter
     */
    public static Lora apply(Layer model, LoraConfig config) {
        return apply(model, config, Rng.global());
    }

    /**
     * Puts a new adapter on a model.
     *
     * @param model the model to adapt
     * @param config the kind of adapter and the layers that get it
     * @param rng the source of its initial values
     * @return the adapter
     */
    public static Lora apply(Layer model, LoraConfig config, Rng rng) {
        return new Lora(model, config, name -> null, rng);
    }

    /**
     * Puts an adapter that peft or {@link #save} has written on a model: a folder with {@code adapter_config.json} and
     * {@code adapter_model.safetensors}.
     *
     * @param folder the folder of both files
     * @param model the model to adapt
     * @return the adapter
     * @throws BadFileException if files are missing or damaged, or do not fit the model
     */
    public static Lora load(Path folder, Layer model) {
        return PeftFiles.load(folder, model);
    }

    static Lora of(Layer model, LoraConfig config, Adapter.Stored stored) {
        return new Lora(model, config, stored, new Rng(0));
    }

    /**
     * Writes the adapters to a folder as peft reads them.
     *
     * @param folder the folder of both files
     */
    public void save(Path folder) {
        PeftFiles.save(this, folder);
    }

    /** {@return the kind, ranks and options of the adapters} */
    public LoraConfig config() {
        return config;
    }

    /** {@return the model that the adapters are put on} */
    public Layer model() {
        return model;
    }

    /** {@return the names of the layers that have an adapter} */
    public Set<String> adapted() {
        return Collections.unmodifiableSet(adapters.keySet());
    }

    Map<String, Adapter> adapters() {
        return adapters;
    }

    // ---- choosing

    private boolean isActive() {
        Set<Lora> chosen = CHOSEN.get();
        return merged.isEmpty() && (chosen == null ? enabled : chosen.contains(this));
    }

    /**
     * Turns the adapter on, which it is at first, or off.
     *
     * @param on whether it is on
     */
    public void setEnabled(boolean on) {
        enabled = on;
    }

    /**
     * Computes with these adapters and no others, whether they are enabled or not; other threads are not affected.
     *
     * @param <T> the type of the computation's result
     * @param adapters the adapters; none for the model alone
     * @param body the computation
     * @return the computation's result
     */
    public static <T> T only(Set<Lora> adapters, Supplier<T> body) {
        Objects.requireNonNull(adapters, "adapters");
        Set<Lora> before = CHOSEN.get();
        CHOSEN.set(Set.copyOf(adapters));
        try {
            return body.get();
        } finally {
            if (before == null) {
                CHOSEN.remove();
            } else {
                CHOSEN.set(before);
            }
        }
    }

    /**
     * Removes the adapter from the model, which is then as it was before. Weights that another adapter is on stay frozen until
     * that one is removed too.
     */
    public void remove() {
        unmerge();
        installed.forEach(Runnable::run);
        installed.clear();
        release();
    }

    /** Lets what this adapter froze be trained again, or leaves that to another adapter that is on it. */
    private void release() {
        synchronized (ON) {
            ON.remove(this);
            for (Lora other : ON) {
                Set<Parameter> frozen = Set.copyOf(other.model.parameters());
                trainable.stream().filter(frozen::contains).forEach(other.trainable::add);
                trainable.removeIf(frozen::contains);
            }
            trainable.forEach(parameter -> parameter.freeze(false));
            trainable.clear();
        }
    }

    // ---- merging

    /**
     * Merges the adapter's changes into the model's weights, so that the model is as fast as without it. The previous
     * weights are kept for {@link #unmerge}.
     *
     * @throws TensorException if the weight of an adapted layer is packed, is also that of another layer, which would change with
     *     it, or is that of a convolution with groups; nothing is merged then
     */
    public void merge() {
        if (!merged.isEmpty()) {
            return;
        }
        checkMergeable();
        Autograd.noGrad(() -> adapters.values().forEach(adapter -> adapter.merge(this::replace)));
    }

    private void checkMergeable() {
        Map<Tensor, String> names = new LinkedHashMap<>();
        Map<Tensor, String> shared = new LinkedHashMap<>();
        model.stateDict().forEach((name, tensor) -> {
            String other = names.putIfAbsent(tensor, name);
            if (other != null) {
                shared.put(tensor, other + " and " + name);
            }
        });
        adapters.forEach((name, adapter) -> {
            for (Parameter parameter : adapter.mergedInto()) {
                String both = shared.get(parameter.leaf());
                if (both != null) {
                    throw new TensorException("lora: merge of " + name + ", whose weight is " + both
                            + " (expected one of its own); use the adapter as it is, or give the layer its own weight");
                }
            }
        });
    }

    private void replace(Parameter parameter, Tensor value) {
        merged.putIfAbsent(parameter, Autograd.detach(parameter.leaf()));
        parameter.set(Autograd.detach(value).copy());
    }

    /** Restores the model's weights from before {@link #merge}, bit for bit. */
    public void unmerge() {
        merged.forEach(Parameter::set);
        merged.clear();
    }

    // ---- AdaLoRA

    /**
     * {@return the loss plus AdaLoRA's penalty: how far the factors of updates are from orthogonal, times the
     * allocation's weight}
     *
     * @param loss the model's loss
     */
    public Tensor withOrthogonality(Tensor loss) {
        LoraConfig.Allocation allocation = config.allocation();
        List<Adapter.Triplets> all = triplets();
        if (allocation == null || all.isEmpty() || allocation.orthogonality() == 0) {
            return loss;
        }
        Tensor sum = Tensor.scalar(0).to(loss.dtype()).to(loss.device());
        for (Adapter.Triplets adapter : all) {
            Tensor a = adapter.a().tensor();
            Tensor b = adapter.b().tensor();
            sum = sum.add(distance(a.matmul(a.transpose(0, 1))));
            sum = sum.add(distance(b.transpose(0, 1).matmul(b)));
        }
        return loss.add(sum.mul(allocation.orthogonality() / (2 * all.size())));
    }

    private static Tensor distance(Tensor covariance) {
        Tensor one = Tensor.eye(covariance.shape().size(0), covariance.dtype(), covariance.device());
        return covariance.sub(one).norm();
    }

    List<Adapter.Triplets> triplets() {
        List<Adapter.Triplets> all = new ArrayList<>();
        for (Adapter adapter : adapters.values()) {
            if (adapter instanceof Adapter.Triplets triplets) {
                all.add(triplets);
            }
        }
        return all;
    }

    /** Adapters by path: every name on the way is a layer. */
    private static final class Groups extends Layer {
        private Groups() {}

        static void place(Lora root, String path, Layer adapter) {
            Layer at = root;
            int start = 0;
            for (int point = path.indexOf('.'); point >= 0; point = path.indexOf('.', start)) {
                String name = path.substring(start, point);
                Layer next = at.children().get(name);
                at = next == null ? add(at, name, new Groups()) : next;
                start = point + 1;
            }
            add(at, path.substring(start), adapter);
        }

        private static Layer add(Layer to, String name, Layer layer) {
            return switch (to) {
                case Groups group -> group.child(name, layer);
                // of a layer that has parameters and others inside
                case Adapter adapter -> adapter.within(name, layer);
                default -> ((Lora) to).child(name, layer);
            };
        }
    }

    @Override
    protected Tensor compute(Tensor x) {
        return model.forward(x);
    }
}
