package dev.lanewise.lm.adapter;

import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.adapter.LoraConfig.Targets;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/** Names of layers, as peft's settings refer to them. */
final class LayerNames {
    /** What stands for all linear layers but the one that scores tokens. */
    static final String ALL_LINEAR = "all-linear";

    private static final Logger LOGGER = System.getLogger(Lora.class.getName());

    /** The layers that score tokens, which transformers calls output embeddings. */
    private static final Set<String> SCORES =
            Set.of("lm_head", "lm_head.decoder", "cls.predictions.decoder", "vocab_projector");

    /** The heads for classes of a whole text; a model has one of them. */
    private static final List<String> CLASSES = List.of("score", "classifier");

    /** What transformers 5 calls layers of a ViT that had other names before, and have them in the model's files, in this order. */
    private static final List<Map.Entry<String, String>> VIT = List.of(
            Map.entry("encoder.layer.", "layers."),
            Map.entry("attention.attention.query", "attention.q_proj"),
            Map.entry("attention.attention.key", "attention.k_proj"),
            Map.entry("attention.attention.value", "attention.v_proj"),
            Map.entry("attention.output.dense", "attention.o_proj"),
            Map.entry("intermediate.dense", "mlp.fc1"),
            Map.entry("output.dense", "mlp.fc2"));

    private LayerNames() {}

    private static String newer(String name) {
        String now = name;
        for (Map.Entry<String, String> renamed : VIT) {
            now = now.replace(renamed.getKey(), renamed.getValue());
        }
        return now;
    }

    /** What layers are called in an adapter: as in the model, or where its targets are of transformers 5's names, by these. */
    static UnaryOperator<String> of(Layer model, Targets targets) {
        boolean renamed = model instanceof PretrainedModel known
                && known.family().equals("vit")
                && Site.layers(model).keySet().stream()
                        .anyMatch(name -> !newer(name).equals(name) && targets.match(newer(name)))
                && Site.layers(model).keySet().stream()
                        .noneMatch(name -> !newer(name).equals(name) && targets.match(name));
        return renamed ? LayerNames::newer : name -> name;
    }

    /** The names of the layers that can be adapted, by all that they have. */
    static Set<String> adaptable(Layer model) {
        Map<String, Layer> all = new LinkedHashMap<>(Site.layers(model));
        all.values().removeIf(layer -> Site.of(layer) == null);
        Set<String> names = new LinkedHashSet<>(all.keySet());
        if (model instanceof PretrainedModel known && known.family().equals("vit")) {
            all.keySet().forEach(name -> names.add(newer(name)));
        }
        return names;
    }

    /** The linear layers of a model but for the one that scores tokens; or, where there is none, the classes of texts. */
    static List<String> linear(Layer model, boolean withoutClasses) {
        Map<String, Layer> all = new LinkedHashMap<>(Site.layers(model));
        all.values().removeIf(layer -> !(layer instanceof WeightLayer));
        if (model instanceof PretrainedModel) {
            boolean scored = all.keySet().removeIf(SCORES::contains);
            if (!scored && withoutClasses) {
                CLASSES.stream()
                        .filter(head -> model.children().containsKey(head))
                        .findFirst()
                        .ifPresent(all.keySet()::remove);
            }
        }
        return List.copyOf(all.keySet());
    }

    /** The targets by their names, if they are given as all linear layers. */
    static Targets resolved(Targets targets, Layer model) {
        return targets.isAllLinear()
                ? new Targets(linear(model, false), null, targets.excluded(), List.of(), List.of())
                : targets;
    }

    /** The names of the weights that several layers share, of which an adapter changes one: it changes the results of that one alone. */
    static List<List<String>> tied(Layer model, BiPredicate<String, String> changes) {
        Map<Parameter, List<String>> owners = new LinkedHashMap<>();
        Set<Parameter> changed = new HashSet<>();
        Site.layers(model)
                .forEach((name, layer) -> Adapter.own(layer).forEach(own -> {
                    Parameter parameter = layer.namedParameters().get(own);
                    owners.computeIfAbsent(parameter, key -> new ArrayList<>()).add(name + '.' + own);
                    if (changes.test(name, own)) {
                        changed.add(parameter);
                    }
                }));
        owners.values().removeIf(names -> names.size() < 2);
        owners.keySet().retainAll(changed);
        return List.copyOf(owners.values());
    }

    /** Says in the log which weights an adapter changes for one of the layers that share them. */
    static void warnOfTied(Layer model, Map<String, Adapter> adapters) {
        List<List<String>> all = tied(model, (name, own) -> {
            Adapter adapter = adapters.get(name);
            return adapter != null && adapter.changes(own);
        });
        all.forEach(names -> LOGGER.log(
                Level.WARNING,
                "lora: {0} are one weight; an adapter of one of these layers changes that layer alone, and can''t be merged",
                names));
    }
}
