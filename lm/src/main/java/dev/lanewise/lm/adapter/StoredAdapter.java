package dev.lanewise.lm.adapter;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The tensors of an adapter in peft's file. */
final class StoredAdapter {
    static final String PREFIX = "base_model.model.";

    /** What peft writes of embeddings that it adapts: the model's own weight. */
    private static final String BASE = ".base_layer.weight";

    /** Of layers with others inside, the adapter's name is left in the path. */
    private static final List<Pattern> COPIES = List.of(
            Pattern.compile("\\.original_module\\."),
            Pattern.compile("\\.modules_to_save\\."),
            Pattern.compile("\\.modules_to_save\\.[^.]+\\."));

    private final SafetensorsFile in;
    private final Layer model;

    /** Names in the file by those that an adapter of this model has. */
    private final Map<String, String> names = new HashMap<>();

    StoredAdapter(SafetensorsFile in, Layer model) {
        this.in = in;
        this.model = model;
        List<String> all =
                in.names().stream().filter(name -> name.startsWith(PREFIX)).toList();
        all.forEach(name -> names.put(plain(name), name));
        // layers may have other names in other versions of transformers
        all.forEach(name -> {
            String own = ofModel(plain(name));
            if (own != null) {
                names.putIfAbsent(own, name);
            }
        });
    }

    private static String plain(String stored) {
        return stored.substring(PREFIX.length());
    }

    private @Nullable String ofModel(String name) {
        return model instanceof PretrainedModel known ? known.nameOf(name) : name;
    }

    /** The shape of a tensor, which must be there. */
    Shape shape(String name) {
        String stored = names.get(name);
        if (stored == null) {
            throw refused("no " + PREFIX + name);
        }
        return in.entry(stored).shape();
    }

    /** Reads all tensors into an adapter that has just these. */
    void fill(Lora lora) {
        Map<String, Tensor> state = lora.stateDict();
        List<String> problems = new ArrayList<>();
        state.forEach((name, tensor) -> {
            String stored = names.get(name);
            if (stored == null) {
                problems.add("no " + PREFIX + name);
            } else if (!in.entry(stored).shape().equals(tensor.shape())) {
                problems.add(stored + " of " + in.entry(stored).shape() + " for " + tensor.shape());
            }
        });
        for (String stored : in.names()) {
            String problem = stored.startsWith(PREFIX) ? problem(lora, state, plain(stored)) : "superfluous " + stored;
            if (problem != null) {
                problems.add(problem);
            }
        }
        if (!problems.isEmpty()) {
            throw refused(String.join(", ", problems.subList(0, Math.min(4, problems.size())))
                    + (problems.size() > 4 ? " and " + (problems.size() - 4) + " more" : ""));
        }
        state.forEach((name, tensor) -> in.copyTo(names.getOrDefault(name, name), tensor));
    }

    /** What is wrong with there being a tensor, or null. */
    private @Nullable String problem(Lora lora, Map<String, Tensor> state, String name) {
        String own = ofModel(name);
        if (state.containsKey(name) || own != null && state.containsKey(own)) {
            return null;
        }
        // layers that are trained as a whole are written again where all biases are
        boolean copy = COPIES.stream()
                .map(part -> part.matcher(name))
                .anyMatch(found -> found.find() && state.containsKey(found.replaceAll(".")));
        if (copy) {
            return null;
        }
        Adapter adapter =
                name.endsWith(BASE) ? lora.adapters().get(name.substring(0, name.length() - BASE.length())) : null;
        Site site = adapter == null ? null : Site.of(adapter.layer());
        if (site == null) {
            return "superfluous " + PREFIX + name;
        }
        return site.isPacked() || isEqual(site.weight().leaf(), PREFIX + name)
                ? null
                : "another " + PREFIX + name + " than the model's";
    }

    private boolean isEqual(Tensor weight, String stored) {
        if (!in.entry(stored).shape().equals(weight.shape())) {
            return false;
        }
        try (Scope ignored = Scope.open("base")) {
            Tensor read =
                    Tensor.zeros(weight.dtype(), weight.device(), weight.shape().toArray());
            in.copyTo(stored, read);
            return Autograd.detach(weight).eq(read).to(DType.F32).amin().item() == 1;
        }
    }

    private BadFileException refused(String found) {
        return new BadFileException(
                in.file(),
                found,
                "the tensors of the adapter that adapter_config.json describes",
                "is it an adapter of this model?");
    }
}
