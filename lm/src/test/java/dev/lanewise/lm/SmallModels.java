package dev.lanewise.lm;

import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Small models of every family with weights by a formula; {@code src/test/python/family_values.py} made the file. */
final class SmallModels {
    private SmallModels() {}

    /** What transformers computes of a model. */
    record Case(String name, Json json) {
        Map<String, Object> config() {
            return json.need("config").map();
        }

        Tensor ids() {
            return numbers(json.need("ids"));
        }

        Tensor mask() {
            return numbers(json.need("mask"));
        }

        /** The scores of the last real place of each row. */
        double[][] logits() {
            return json.need("logits").list().stream()
                    .map(row -> row.list().stream().mapToDouble(Json::number).toArray())
                    .toArray(double[][]::new);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Tensor numbers(Json rows) {
        long[][] values = rows.list().stream()
                .map(row -> row.list().stream().mapToLong(Json::index).toArray())
                .toArray(long[][]::new);
        return Tensor.of((Object) values);
    }

    static List<Case> cases() {
        try (InputStream in = SmallModels.class.getResourceAsStream("families.json")) {
            return JsonFile.read(in, "families.json").list().stream()
                    .map(json -> new Case(json.need("name").string(), json))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Case named(String name) {
        return cases().stream().filter(c -> c.name.equals(name)).findFirst().orElseThrow();
    }

    /** A case's model, written to a folder. */
    static Path write(Case c, Path folder) {
        try {
            Files.createDirectories(folder);
            Path config = folder.resolve("config.json");
            Files.writeString(config, JsonText.of(c.config()));
            PretrainedModel model = Models.untrained(config, new Rng(0));
            fill(model, !c.name.startsWith("gemma"));
            Checkpoint.saveWeights(folder.resolve("model.safetensors"), model);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static CausalLM causal(String name, Path folder) {
        return Models.causal(write(named(name), folder));
    }

    private static void fill(PretrainedModel model, boolean normsAroundOne) {
        model.namedParameters().forEach((own, parameter) -> {
            String name = canonical(own);
            CRC32 crc = new CRC32();
            crc.update(name.getBytes(StandardCharsets.UTF_8));
            int elements = Math.toIntExact(parameter.leaf().shape().elements());
            boolean norm = parameter.leaf().shape().rank() == 1 && name.endsWith("weight") && normsAroundOne;
            float[] values = new float[elements];
            for (int i = 0; i < elements; i++) {
                double value = 0.4 * Math.sin(0.37 * i + crc.getValue() % 1000);
                values[i] = (float) (norm ? value + 1 : value);
            }
            parameter.set(Tensor.of(values, parameter.leaf().shape().toArray()));
        });
    }

    /** The name that transformers has for a parameter where it has two. */
    private static String canonical(String own) {
        return switch (own) {
            case "cls.predictions.decoder.bias" -> "cls.predictions.bias";
            case "lm_head.decoder.bias" -> "lm_head.bias";
            default -> own;
        };
    }

    /** A config with some settings changed; null takes one away. */
    static Map<String, Object> changed(Case c, String name, @Nullable Object value) {
        Map<String, Object> config = new HashMap<>(c.config());
        if (value == null) {
            config.remove(name);
        } else {
            config.put(name, value);
        }
        return config;
    }
}
