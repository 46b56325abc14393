package dev.lanewise.lm.weights;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A model's parameters by the model's names for them. Each is read when the model requests it, directly into its final
 * place; tensors that are never requested are found by {@link #finish}.
 */
public final class Weights {
    /** The standard deviation of initial values, as in the families' original code. */
    private static final double DEVIATION = 0.02;

    private final @Nullable WeightSource source;
    private final @Nullable Rng random;
    private final String prefix;
    private final Files files;

    /** Names by names, which of them have been used, and which may be missing. */
    private record Files(Map<String, String> byModelName, Set<String> used, Predicate<String> isNew) {
        Files(Map<String, String> byModelName, Set<String> used) {
            this(byModelName, used, name -> false);
        }
    }

    private Weights(@Nullable WeightSource source, @Nullable Rng random, String prefix, Files files) {
        this.source = source;
        this.random = random;
        this.prefix = prefix;
        this.files = files;
    }

    /**
     * The weights of a source.
     *
     * @param modelName the model's name for a name of the source, or null for a tensor that is not needed
     * @throws BadFileException if two tensors have one name
     */
    public static Weights of(WeightSource source, UnaryOperator<@Nullable String> modelName) {
        Map<String, String> byModelName = new LinkedHashMap<>();
        for (String name : source.names()) {
            String own = modelName.apply(name);
            String other = own == null ? null : byModelName.put(own, name);
            if (other != null) {
                throw new BadFileException(
                        source.file(),
                        "'" + other + "' and '" + name + "', which are both '" + own + "'",
                        "each parameter once",
                        "remove one of them");
            }
        }
        return new Weights(source, null, "", new Files(byModelName, new HashSet<>()));
    }

    /** Initial values for an untrained model: ones for norms, zeros for biases, normal numbers otherwise. */
    public static Weights random(Rng random) {
        return new Weights(null, random, "", new Files(Map.of(), new HashSet<>()));
    }

    /** The same weights, and first values for what is missing of those whose names a test takes, such as a new head's. */
    public Weights orRandom(Rng other, Predicate<String> isNew) {
        return new Weights(source, other, prefix, new Files(files.byModelName, files.used, isNew));
    }

    /** The same weights, with names that begin at a part. */
    public Weights at(String part) {
        return new Weights(source, random, prefix + part + '.', files);
    }

    /** Whether there is a parameter of that name. */
    public boolean has(String name) {
        return files.byModelName.containsKey(prefix + name);
    }

    /**
     * A parameter.
     *
     * @param sizes the shape that it must have
     * @throws BadFileException if it is missing or has another shape
     */
    public Parameter parameter(String name, long... sizes) {
        String own = prefix + name;
        WeightSource from = source;
        if (from == null || isNew(own)) {
            return new Parameter(initial(own, sizes));
        }
        return new Parameter(from.read(checked(from, own, sizes)));
    }

    /** A parameter that is added to something, as Gemma's norms add theirs to 1: an untrained model begins with zeros. */
    public Parameter offset(String name, long... sizes) {
        return source == null ? new Parameter(Tensor.zeros(sizes)) : parameter(name, sizes);
    }

    /** Whether a parameter begins by chance, since the source has none of that name. */
    private boolean isNew(String own) {
        return files.isNew.test(own) && !files.byModelName.containsKey(own);
    }

    /** The source's name for a parameter, if it is there and has the shape. */
    private String checked(WeightSource from, String own, long... sizes) {
        String stored = files.byModelName.get(own);
        if (stored == null) {
            throw new BadFileException(
                    from.file(),
                    "no tensor '" + own + "'",
                    "one of shape " + Shape.of(sizes),
                    "do the weights belong to this config.json? Download the whole folder again");
        }
        Shape shape = from.shape(stored);
        if (!shape.equals(Shape.of(sizes))) {
            throw new BadFileException(
                    from.file(),
                    "'" + stored + "' of shape " + shape,
                    Shape.of(sizes) + ", as config.json says",
                    "do the weights belong to this config.json?");
        }
        files.used.add(own);
        return stored;
    }

    /**
     * A weight {@code [out, in]} of few bits that stays in the file, or null if it is a parameter.
     *
     * @throws BadFileException as for {@link #parameter}
     */
    public @Nullable QuantizedWeight packed(String name, long out, long in) {
        WeightSource from = source;
        String own = prefix + name;
        return from == null || isNew(own) ? null : from.packed(checked(from, own, out, in));
    }

    /**
     * A parameter that shares another one's values; or its own, if the source has others under its name. As in transformers, what
     * files hold counts more than what config.json says of it.
     *
     * @throws BadFileException if it is of another shape
     */
    public Parameter shared(String name, Parameter other) {
        if (source == null || !has(name)) {
            return other;
        }
        Parameter own = parameter(name, other.leaf().shape().toArray());
        try (Scope ignored = Scope.open("shared")) {
            boolean same =
                    Autograd.noGrad(() -> own.leaf().eq(other.leaf()).all().itemLong() != 0);
            return same ? other : own;
        }
    }

    /** Lets a name stand for another one where only that is there: files hold a shared parameter once, under either name. */
    public void either(String name, String other) {
        String stored = files.byModelName.get(prefix + other);
        if (stored != null && !has(name)) {
            files.byModelName.remove(prefix + other);
            files.byModelName.put(prefix + name, stored);
        }
    }

    private Tensor initial(String name, long... sizes) {
        if (name.endsWith("bias")) {
            return Tensor.zeros(sizes);
        }
        return sizes.length == 1
                ? Tensor.ones(sizes)
                : Init.normal(random == null ? Rng.global() : random, 0, DEVIATION, sizes);
    }

    /** Omits a parameter on purpose. */
    public void skip(String name) {
        files.used.add(prefix + name);
    }

    /**
     * Refuses tensors that the model does not use.
     *
     * @throws BadFileException naming some of them
     */
    public void finish() {
        TreeSet<String> left = new TreeSet<>(files.byModelName.keySet());
        left.removeAll(files.used);
        if (!left.isEmpty() && source != null) {
            List<String> some = left.stream().limit(4).toList();
            throw new BadFileException(
                    source.file(),
                    left.size() + " tensors that the model has no use for, such as " + String.join(", ", some),
                    "those of the architecture that config.json names",
                    "is `architectures` in config.json right?");
        }
    }
}
