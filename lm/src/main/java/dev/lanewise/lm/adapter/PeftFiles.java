package dev.lanewise.lm.adapter;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.adapter.LoraConfig.Allocation;
import dev.lanewise.lm.adapter.LoraConfig.Biases;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.lm.adapter.LoraConfig.Targets;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The files of Hugging Face's peft library: {@code adapter_config.json} and {@code adapter_model.safetensors}. */
final class PeftFiles {
    private static final String CONFIG = "adapter_config.json";
    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final String PREFIX = StoredAdapter.PREFIX;

    private PeftFiles() {}

    // ---- reading

    static Lora load(Path folder, Layer model) {
        LoraConfig config = config(folder.resolve(CONFIG), model);
        Path file = folder.resolve(WEIGHTS);
        try (SafetensorsFile in = Safetensors.open(file)) {
            StoredAdapter stored = new StoredAdapter(in, model);
            Lora lora = Lora.of(model, config, stored::shape);
            try {
                stored.fill(lora);
            } catch (RuntimeException e) {
                lora.remove();
                throw e;
            }
            return lora;
        } catch (TensorException e) {
            throw new BadFileException(
                    file, String.valueOf(e.getMessage()), "an adapter of this model", "is it another model's?", e);
        }
    }

    private static LoraConfig config(Path file, Layer model) {
        try {
            return config(Config.read(file), model);
        } catch (TensorException e) {
            throw new BadFileException(
                    file, String.valueOf(e.getMessage()), "an adapter's settings", "get the adapter again", e);
        }
    }

    /** The settings of a file; those that would change results and that are not known are refused. */
    private static LoraConfig config(Config config, Layer model) {
        Set<String> layers = LayerNames.adaptable(model);
        config.ignore(
                "auto_mapping",
                "base_model_name_or_path",
                "revision",
                "inference_mode",
                "init_ia3_weights",
                "task_type",
                "peft_version",
                "megatron_core",
                "qalora_group_size",
                "arrow_config",
                "runtime_config",
                "eva_config",
                "fan_in_fan_out",
                "total_step",
                "deltaT",
                "tinit",
                "tfinal",
                "beta1",
                "beta2",
                "orth_reg_weight",
                "target_r",
                "init_r",
                "rank_pattern",
                "alpha_pattern",
                "r");
        String type = config.text("peft_type", "");
        boolean adaLora = type.equals("ADALORA");
        boolean ia3 = type.equals("IA3");
        if (!adaLora && !ia3 && !type.equals("LORA")) {
            throw config.refused("peft_type", "LORA, ADALORA or IA3");
        }
        if (!ia3) {
            // other ways to begin change the model's weights too
            config.only("init_lora_weights", true, false, "gaussian", "eva", "orthogonal");
        }
        config.only("bias", "none", "lora_only", "all");
        boolean tying = config.flag("ensure_weight_tying", false);
        boolean dora = config.flag("use_dora", false);
        boolean rs = config.flag("use_rslora", false);
        Kind kind = ia3 ? Kind.IA3 : adaLora ? Kind.ADALORA : dora ? Kind.DORA : rs ? Kind.RSLORA : Kind.LORA;
        int rank = ia3 ? 1 : adaLora ? config.size("init_r", 12) : config.size("r", 8);
        if (dora && rs && !ranks(config).isEmpty()) {
            throw config.refused("rank_pattern", "one rank for all layers, if both use_dora and use_rslora are set");
        }
        // DoRA divides by the rank, and with rsLoRA by its root
        double stretch = dora && rs ? Math.sqrt(rank) : 1;
        LoraConfig read = new LoraConfig(
                kind,
                rank,
                config.number("lora_alpha", 8) * stretch,
                config.number("lora_dropout", 0),
                targets(config, layers, model),
                adaLora ? Map.of() : ranks(config),
                adaLora ? Map.of() : alphas(config, stretch),
                biases(config.text("bias", "none")),
                list(config, "modules_to_save"),
                named(config, "feedforward_modules", layers),
                adaLora ? allocation(config) : null);
        config.finish();
        boolean tied = !LayerNames.tied(model, (name, own) -> read.targets().match(name) || read.isSaved(name))
                .isEmpty();
        if (tying && tied) {
            throw config.refused("ensure_weight_tying", "false where the adapter is on layers that share a weight");
        }
        return read;
    }

    private static Biases biases(String written) {
        return switch (written) {
            case "all" -> Biases.ALL;
            case "lora_only" -> Biases.ADAPTED;
            default -> Biases.NONE;
        };
    }

    private static Targets targets(Config config, Set<String> names, Layer model) {
        if (config.get("target_modules").value() instanceof String text
                && text.equalsIgnoreCase(LayerNames.ALL_LINEAR)) {
            boolean classes = "SEQ_CLS".equals(config.get("task_type").value());
            return new Targets(
                    LayerNames.linear(model, classes),
                    null,
                    named(config, "exclude_modules", names),
                    List.of(),
                    List.of());
        }
        boolean expression = config.get("target_modules").value() instanceof String;
        List<Integer> layers = config.get("layers_to_transform").value() instanceof Long
                ? List.of(config.token("layers_to_transform", 0))
                : config.tokens("layers_to_transform");
        return new Targets(
                expression ? List.of() : list(config, "target_modules"),
                expression ? config.text("target_modules", "") : null,
                named(config, "exclude_modules", names),
                layers,
                list(config, "layers_pattern"));
    }

    /** The texts of a list; or, since a single one is an expression for whole names, the layers that it matches. */
    private static List<String> named(Config config, String name, Set<String> layers) {
        if (config.get(name).value() instanceof String expression) {
            NamePattern pattern = NamePattern.of(expression);
            return layers.stream().filter(pattern::matches).toList();
        }
        return list(config, name);
    }

    /** The texts of a list, or a single one. */
    private static List<String> list(Config config, String name) {
        if (config.get(name).value() instanceof String single) {
            return List.of(single);
        }
        List<String> texts = config.texts(name);
        return texts == null ? List.of() : texts;
    }

    private static Map<String, Integer> ranks(Config config) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        Config patterns = config.object("rank_pattern");
        patterns.names().forEach(name -> ranks.put(name, patterns.size(name)));
        return ranks;
    }

    private static Map<String, Double> alphas(Config config, double stretch) {
        Map<String, Double> alphas = new LinkedHashMap<>();
        Config patterns = config.object("alpha_pattern");
        patterns.names().forEach(name -> alphas.put(name, patterns.number(name, 0) * stretch));
        return alphas;
    }

    private static Allocation allocation(Config config) {
        int first = config.token("tinit", 0);
        int last = config.token("tfinal", 0);
        return new Allocation(
                config.token("target_r", 8),
                first,
                last,
                config.size("deltaT", 1),
                config.size("total_step", first + last + 1),
                config.number("beta1", 0.85),
                config.number("beta2", 0.85),
                config.number("orth_reg_weight", 0.5));
    }

    // ---- writing

    static void save(Lora lora, Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw BadFileException.unwritable(folder, e);
        }
        Map<String, TensorData> tensors = new TreeMap<>();
        lora.stateDict()
                .forEach((name, tensor) -> tensors.put(PREFIX + name, TensorData.of(written(lora, name, tensor))));
        Safetensors.write(folder.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
        byte[] json = JsonText.of(settings(lora)).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(folder.resolve(CONFIG), channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(json);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /**
     * The ranks that AdaLoRA left: files hold no others, and {@code rank_pattern} says for each layer which of the first ranks
     * they were. Once it is there, peft looks for every layer in it.
     */
    private static void rankMasks(Lora lora, Map<String, Object> out) {
        Map<String, Object> masks = new LinkedHashMap<>();
        boolean fewer = false;
        for (Map.Entry<String, Adapter> entry : lora.adapters().entrySet()) {
            if (entry.getValue() instanceof Adapter.Triplets triplets) {
                int ranks = lora.config().rank();
                boolean[] stay = new boolean[ranks];
                for (long rank : triplets.left()) {
                    stay[(int) rank] = true;
                }
                List<Boolean> mask = new ArrayList<>();
                for (boolean one : stay) {
                    mask.add(one);
                    fewer |= !one;
                }
                masks.put(entry.getKey() + ".lora_E", mask);
            }
        }
        if (fewer) {
            out.put("rank_pattern", masks);
        }
    }

    /** A tensor of an adapter as files hold it. */
    private static Tensor written(Lora lora, String name, Tensor tensor) {
        int point = name.lastIndexOf('.');
        String member = name.substring(point + 1);
        if (point < 0 || !(lora.adapters().get(name.substring(0, point)) instanceof Adapter.Triplets triplets)) {
            return tensor;
        }
        int dim = member.equals("lora_B") ? 1 : member.equals("lora_A") || member.equals("lora_E") ? 0 : -1;
        long[] left = triplets.left();
        return dim < 0 || left.length == tensor.shape().size(dim)
                ? tensor
                : Autograd.detach(tensor).indexSelect(dim, Tensor.of(left).to(tensor.device()));
    }

    private static Map<String, Object> settings(Lora lora) {
        LoraConfig config = lora.config();
        Targets targets = config.targets();
        Map<String, Object> out = new LinkedHashMap<>();
        boolean ia3 = config.kind() == Kind.IA3;
        out.put("peft_type", ia3 ? "IA3" : config.kind() == Kind.ADALORA ? "ADALORA" : "LORA");
        out.put("inference_mode", true);
        out.put("target_modules", targets.pattern() == null ? targets.names() : targets.pattern());
        boolean inputFirst = lora.adapters().values().stream()
                .anyMatch(adapter -> adapter.layer() instanceof WeightLayer linear && linear.isInputFirst());
        out.put("fan_in_fan_out", inputFirst);
        if (!config.modulesToSave().isEmpty()) {
            out.put("modules_to_save", config.modulesToSave());
        }
        if (!targets.excluded().isEmpty()) {
            out.put("exclude_modules", targets.excluded());
        }
        if (ia3) {
            out.put("feedforward_modules", config.feedForward());
            return out;
        }
        out.put("r", config.rank());
        out.put(
                "lora_alpha",
                config.alpha() == Math.rint(config.alpha()) ? (Object) (long) config.alpha() : (Object) config.alpha());
        out.put("lora_dropout", config.dropout());
        out.put(
                "bias",
                switch (config.biases()) {
                    case NONE -> "none";
                    case ADAPTED -> "lora_only";
                    case ALL -> "all";
                });
        if (!targets.layers().isEmpty()) {
            out.put("layers_to_transform", targets.layers());
            out.put("layers_pattern", targets.layerLists());
        }
        Allocation allocation = config.allocation();
        if (allocation != null) {
            out.put("init_r", config.rank());
            out.put("target_r", allocation.targetRank());
            out.put("tinit", allocation.first());
            out.put("tfinal", allocation.last());
            out.put("deltaT", allocation.every());
            out.put("total_step", allocation.steps());
            out.put("beta1", allocation.smoothing());
            out.put("beta2", allocation.uncertainty());
            out.put("orth_reg_weight", allocation.orthogonality());
            rankMasks(lora, out);
            return out;
        }
        out.put("use_rslora", config.kind() == Kind.RSLORA);
        out.put("use_dora", config.kind() == Kind.DORA);
        out.put("rank_pattern", config.rankPatterns());
        out.put("alpha_pattern", config.alphaPatterns());
        return out;
    }
}
