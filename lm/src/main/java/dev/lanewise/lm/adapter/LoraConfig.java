package dev.lanewise.lm.adapter;

import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The kind of adapter, and the layers that get it.
 *
 * <pre>{@code
 * LoraConfig config = LoraConfig.lora(8, 16, "q_proj", "v_proj").withKind(LoraConfig.Kind.DORA);
 * }</pre>
 *
 * @param kind the kind of adapter
 * @param rank the rank of updates
 * @param alpha what updates are multiplied by, before they are divided by the rank or its root
 * @param dropout the probability that an element of an update's input is dropped in training
 * @param targets the layers that get an adapter
 * @param rankPatterns ranks of layers whose names match a regular expression at their end; the first that matches counts
 * @param alphaPatterns alphas, likewise
 * @param biases which of the biases are trained too
 * @param modulesToSave names of layers that are trained in full, such as a new head
 * @param feedForward for IA3, names of layers whose input is scaled instead of their result
 * @param allocation for AdaLoRA, how ranks are removed; null for other kinds
 */
public record LoraConfig(
        Kind kind,
        int rank,
        double alpha,
        double dropout,
        Targets targets,
        Map<String, Integer> rankPatterns,
        Map<String, Double> alphaPatterns,
        Biases biases,
        List<String> modulesToSave,
        List<String> feedForward,
        @Nullable Allocation allocation) {
    /** The kinds of adapters that can be put on a model. */
    public enum Kind {
        /** {@code W x + alpha / r B A x} (Hu et al. 2021, arXiv:2106.09685). */
        LORA,
        /** The same, divided by the root of the rank (Kalajdzievski 2023, arXiv:2312.03732). */
        RSLORA,
        /**
         * The direction of the updated weight times a learned magnitude for each result (Liu et al. 2024,
         * arXiv:2402.09353).
         */
        DORA,
        /** {@code B diag(E) A} whose ranks are removed by importance (Zhang et al. 2023, arXiv:2303.10512). */
        ADALORA,
        /** Learned scales of results or inputs (Liu et al. 2022, arXiv:2205.05638). */
        IA3
    }

    /** Which of the model's biases are trained together with adapters. */
    public enum Biases {
        /** None. */
        NONE,
        /** Those of the layers that have an adapter. */
        ADAPTED,
        /** Those of all layers, norms and convolutions too. */
        ALL
    }

    /**
     * Which layers get an adapter.
     *
     * @param names whole names, or ends of names after a dot
     * @param pattern a regular expression for whole names instead, or null
     * @param excluded names, or ends of names, that get none
     * @param layers the numbers of the layers that get one, or an empty list for all
     * @param layerLists the names of the lists that the numbers refer to, or an empty list for the first number in a
     *     name
     */
    public record Targets(
            List<String> names,
            @Nullable String pattern,
            List<String> excluded,
            List<Integer> layers,
            List<String> layerLists) {
        /** Takes copies, and checks the expression. */
        public Targets {
            Objects.requireNonNull(names, "names");
            Objects.requireNonNull(excluded, "excluded");
            Objects.requireNonNull(layers, "layers");
            Objects.requireNonNull(layerLists, "layerLists");
            names = List.copyOf(names);
            excluded = List.copyOf(excluded);
            layers = List.copyOf(layers);
            layerLists = List.copyOf(layerLists);
            if (pattern != null) {
                NamePattern.of(pattern);
            }
        }

        /**
         * {@return all linear layers but the one that scores tokens: peft's {@code all-linear}} An adapter's {@linkplain Lora#config
         * configuration} has them by name.
         */
        public static Targets allLinear() {
            return new Targets(List.of(), LayerNames.ALL_LINEAR, List.of(), List.of(), List.of());
        }

        boolean isAllLinear() {
            return LayerNames.ALL_LINEAR.equalsIgnoreCase(pattern);
        }

        /**
         * {@return layers by names, or by ends of names after a dot}
         *
         * @param names names, or ends of names after a dot
         */
        public static Targets named(String... names) {
            Objects.requireNonNull(names, "names");
            return new Targets(List.of(names), null, List.of(), List.of(), List.of());
        }

        boolean match(String name) {
            if (excluded.stream().anyMatch(end -> isEnd(name, end))) {
                return false;
            }
            if (pattern != null) {
                return NamePattern.of(pattern).matches(name);
            }
            // as in peft, numbers don't matter for whole names
            return names.contains(name) || names.stream().anyMatch(end -> isEnd(name, end)) && hasNumber(name);
        }

        private boolean hasNumber(String name) {
            if (layers.isEmpty()) {
                return true;
            }
            return (layerLists.isEmpty()
                            ? Stream.of(".*\\.[^.]*")
                            : layerLists.stream().map(list -> "(.*\\.)?(" + list + ")"))
                    .map(expression -> number(name, expression))
                    .filter(OptionalInt::isPresent)
                    .findFirst()
                    .map(found -> layers.contains(found.getAsInt()))
                    .orElse(false);
        }

        /** The first number in a name, between dots, that follows a match of an expression. */
        private static OptionalInt number(String name, String expression) {
            NamePattern before = NamePattern.of(expression);
            String[] parts = name.split("\\.", -1);
            String path = parts[0];
            for (int i = 1; i < parts.length - 1; i++) {
                if (parts[i].matches("\\d{1,9}") && before.matches(path)) {
                    return OptionalInt.of(Integer.parseInt(parts[i]));
                }
                path += "." + parts[i];
            }
            return OptionalInt.empty();
        }
    }

    /**
     * How AdaLoRA removes ranks during training.
     *
     * @param targetRank the mean rank that remains
     * @param first for how many steps at the beginning nothing is removed
     * @param last for how many steps at the end nothing is removed
     * @param every the number of steps between removals
     * @param steps the number of steps of the whole training
     * @param smoothing the weight of the past in the importance's running mean
     * @param uncertainty the weight of the past in the running mean of its variation
     * @param orthogonality the weight in the loss of how far the factors are from orthogonal
     */
    public record Allocation(
            int targetRank,
            int first,
            int last,
            int every,
            int steps,
            double smoothing,
            double uncertainty,
            double orthogonality) {
        /**
         * Checks the numbers.
         *
         * @throws TensorException if a number is negative, or the steps are not more than those at both ends
         */
        public Allocation {
            if (targetRank < 0 || first < 0 || last < 0 || every < 1 || steps <= first + last) {
                throw new TensorException("adalora: " + first + " steps, then every " + every + " up to " + last
                        + " before " + steps + " (expected more steps than both); give the whole training's steps");
            }
        }
    }

    /**
     * Checks the numbers, and takes copies.
     *
     * @throws TensorException if a number is out of its range, or AdaLoRA has no allocation
     */
    public LoraConfig {
        if (rank < 1 || !Double.isFinite(alpha) || !(dropout >= 0 && dropout < 1)) {
            throw new TensorException("lora: rank " + rank + ", alpha " + alpha + ", dropout " + dropout
                    + " (expected at least 1, a number, and 0 to below 1); change them");
        }
        if (kind == Kind.ADALORA && allocation == null) {
            throw new TensorException("adalora: no allocation (expected how ranks are removed); give one");
        }
        if (kind == Kind.IA3 && biases != Biases.NONE) {
            throw new TensorException("ia3: biases " + biases
                    + " (expected NONE: peft's files of scales have no place for them); use LORA");
        }
        // of several expressions that match, the first counts, as in peft
        rankPatterns = Collections.unmodifiableMap(new LinkedHashMap<>(rankPatterns));
        alphaPatterns = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPatterns));
        rankPatterns.keySet().forEach(NamePattern::of);
        alphaPatterns.keySet().forEach(NamePattern::of);
        modulesToSave = List.copyOf(modulesToSave);
        feedForward = List.copyOf(feedForward);
    }

    /**
     * {@return a configuration of low-rank updates}
     *
     * @param rank the rank of updates
     * @param alpha what updates are multiplied by
     * @param targets names, or ends of names after a dot, of the layers that get them
     */
    public static LoraConfig lora(int rank, double alpha, String... targets) {
        Objects.requireNonNull(targets, "targets");
        return of(Kind.LORA, rank, alpha, Targets.named(targets), null);
    }

    /**
     * {@return a configuration of low-rank updates whose ranks are removed by importance, starting from an initial
     * rank}
     *
     * @param rank the initial rank of updates
     * @param alpha what updates are multiplied by
     * @param allocation how ranks are removed
     * @param targets names, or ends of names after a dot, of the layers that get one
     */
    public static LoraConfig adaLora(int rank, double alpha, Allocation allocation, String... targets) {
        return of(Kind.ADALORA, rank, alpha, Targets.named(targets), allocation);
    }

    /**
     * {@return a configuration that scales results, or inputs if the layer belongs to a feed-forward part}
     *
     * @param feedForward those of the targets whose input is scaled
     * @param targets names, or ends of names after a dot, of the layers that get one
     */
    public static LoraConfig ia3(List<String> feedForward, String... targets) {
        Objects.requireNonNull(feedForward, "feedForward");
        Objects.requireNonNull(targets, "targets");
        LoraConfig config = of(Kind.IA3, 1, 1, Targets.named(targets), null);
        return new LoraConfig(
                config.kind, 1, 1, 0, config.targets, Map.of(), Map.of(), Biases.NONE, List.of(), feedForward, null);
    }

    private static LoraConfig of(Kind kind, int rank, double alpha, Targets targets, @Nullable Allocation allocation) {
        return new LoraConfig(
                kind, rank, alpha, 0, targets, Map.of(), Map.of(), Biases.NONE, List.of(), List.of(), allocation);
    }

    /**
     * {@return this configuration with another kind: {@link Kind#RSLORA} or {@link Kind#DORA}}
     *
     * @param other the kind
     */
    public LoraConfig withKind(Kind other) {
        Objects.requireNonNull(other, "other");
        return new LoraConfig(
                other,
                rank,
                alpha,
                dropout,
                targets,
                rankPatterns,
                alphaPatterns,
                biases,
                modulesToSave,
                feedForward,
                allocation);
    }

    /**
     * {@return this configuration for other layers}
     *
     * @param others the layers that get an adapter
     */
    public LoraConfig withTargets(Targets others) {
        Objects.requireNonNull(others, "others");
        return new LoraConfig(
                kind,
                rank,
                alpha,
                dropout,
                others,
                rankPatterns,
                alphaPatterns,
                biases,
                modulesToSave,
                feedForward,
                allocation);
    }

    /**
     * {@return this configuration with some of the model's biases trained too}
     *
     * @param trained which of them
     */
    public LoraConfig withBiases(Biases trained) {
        Objects.requireNonNull(trained, "trained");
        return new LoraConfig(
                kind,
                rank,
                alpha,
                dropout,
                targets,
                rankPatterns,
                alphaPatterns,
                trained,
                modulesToSave,
                feedForward,
                allocation);
    }

    /**
     * {@return this configuration with layers that are trained in full, whatever their kind}
     *
     * @param names ends of the names of layers, or of what contains them; as in peft, {@code norm} names {@code input_norm} too
     */
    public LoraConfig withModulesToSave(String... names) {
        Objects.requireNonNull(names, "names");
        List<String> all = new ArrayList<>(modulesToSave);
        all.addAll(List.of(names));
        return new LoraConfig(
                kind, rank, alpha, dropout, targets, rankPatterns, alphaPatterns, biases, all, feedForward, allocation);
    }

    /**
     * {@return this configuration with dropout before the updates}
     *
     * @param probability the probability
     */
    public LoraConfig withDropout(double probability) {
        return new LoraConfig(
                kind,
                rank,
                alpha,
                probability,
                targets,
                rankPatterns,
                alphaPatterns,
                biases,
                modulesToSave,
                feedForward,
                allocation);
    }

    int rankOf(String name) {
        return matching(rankPatterns, name, rank);
    }

    double alphaOf(String name) {
        return matching(alphaPatterns, name, alpha);
    }

    private static <V> V matching(Map<String, V> patterns, String name, V otherwise) {
        for (Map.Entry<String, V> entry : patterns.entrySet()) {
            if (NamePattern.of("(.*\\.)?(" + entry.getKey() + ")").matches(name)) {
                return entry.getValue();
            }
        }
        return otherwise;
    }

    boolean isFeedForward(String name) {
        return feedForward.stream().anyMatch(end -> isEnd(name, end));
    }

    /** Whether a layer is trained in full, or is inside one that is; as in peft, by any end of a name. */
    boolean isSaved(String name) {
        return modulesToSave.stream().anyMatch(module -> (name + '.').contains(module + '.'));
    }

    static boolean isEnd(String name, String end) {
        return name.equals(end) || name.endsWith("." + end);
    }
}
