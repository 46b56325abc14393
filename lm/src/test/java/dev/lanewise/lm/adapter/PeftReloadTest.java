package dev.lanewise.lm.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.adapter.LoraConfig.Biases;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.lm.adapter.LoraConfig.Targets;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Adapters that are trained and written here, read by peft: {@code src/test/python/peft_reload.py} loads each onto the same model
 * in transformers and compares what the two compute. {@code LANEWISE_PYTHON} names a Python that has both libraries.
 */
class PeftReloadTest {
    private static final int TOKENS = 40;

    private static final Map<String, String> BASES = Map.of("gpt2", """
            {"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":40,"n_embd":24,"n_layer":2,"n_head":3,
            "n_positions":32}""", "llama", """
            {"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":40,"hidden_size":24,
            "intermediate_size":36,"num_hidden_layers":2,"num_attention_heads":3,"num_key_value_heads":1,
            "max_position_embeddings":64,"rms_norm_eps":1e-5,"attention_bias":true,"tie_word_embeddings":false}""", "bert", """
            {"model_type":"bert","architectures":["BertForSequenceClassification"],"vocab_size":40,"hidden_size":24,
            "num_hidden_layers":2,"num_attention_heads":3,"intermediate_size":36,"max_position_embeddings":32,
            "type_vocab_size":2,"num_labels":3}""");

    /** Linear layers; the last one is in the feed-forward part. */
    private static final Map<String, String[]> TARGETS = Map.of(
            "gpt2", new String[] {"c_attn", "c_fc"},
            "llama", new String[] {"q_proj", "v_proj", "down_proj"},
            "bert", new String[] {"query", "value", "intermediate.dense"});

    @TempDir
    private Path folder;

    private static LoraConfig config(String family, Kind kind) {
        String[] targets = Objects.requireNonNull(TARGETS.get(family));
        LoraConfig config = switch (kind) {
            case IA3 -> LoraConfig.ia3(List.of(targets[targets.length - 1]), targets);
            case ADALORA ->
                LoraConfig.adaLora(4, 8, new LoraConfig.Allocation(2, 1, 2, 1, 8, 0.85, 0.85, 0.5), targets);
            default -> LoraConfig.lora(4, 8, targets).withKind(kind);
        };
        return family.equals("bert") ? config.withModulesToSave("classifier") : config;
    }

    /** Ranks and factors of their own for some layers, one of two layers, trained biases. */
    private static LoraConfig patterns() {
        return new LoraConfig(
                Kind.RSLORA,
                3,
                6,
                0,
                new Targets(List.of("q_proj", "k_proj", "o_proj"), null, List.of(), List.of(1), List.of("layers")),
                Map.of("k_proj", 2),
                Map.of("o_proj", 5.0),
                Biases.ADAPTED,
                List.of(),
                List.of(),
                null);
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "LANEWISE_PYTHON", matches = ".+")
    void peftComputesTheSameFromOurFiles() throws IOException, InterruptedException {
        Map<String, LoraConfig> all = new LinkedHashMap<>();
        for (String family : BASES.keySet()) {
            for (Kind kind : Kind.values()) {
                all.put(family + "-" + kind, config(family, kind));
            }
        }
        all.put("llama-patterns", patterns());
        all.put("bert-POOLER", config("bert", Kind.LORA).withModulesToSave("pooler"));
        all.put("llama-TABLE", LoraConfig.lora(4, 8, "embed_tokens", "lm_head", "q_proj"));
        all.put(
                "llama-TABLE_DORA",
                LoraConfig.lora(4, 8, "embed_tokens", "q_proj").withKind(Kind.DORA));
        all.put("llama-SAVED", LoraConfig.lora(4, 8, "q_proj").withModulesToSave("norm", "embed_tokens"));
        all.put("gpt2-ALL_LINEAR", LoraConfig.lora(4, 8).withTargets(Targets.allLinear()));
        all.put("gpt2-BIASES", LoraConfig.lora(4, 8, "wte", "c_fc").withBiases(Biases.ALL));
        all.put(
                "bert-BIASES",
                LoraConfig.lora(4, 8, "word_embeddings", "query")
                        .withBiases(Biases.ALL)
                        .withModulesToSave("classifier"));
        for (Map.Entry<String, LoraConfig> entry : all.entrySet()) {
            write(entry.getKey(), entry.getValue());
        }
        Process process = new ProcessBuilder(
                        System.getenv("LANEWISE_PYTHON"), "src/test/python/peft_reload.py", folder.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines().filter(line -> line.startsWith("equal ")))
                .as(said)
                .hasSize(all.size());
        said.lines().forEach(System.out::println);
    }

    /** Trains an adapter for a few steps, and writes model, adapter and results. */
    private void write(String name, LoraConfig config) throws IOException {
        String family = name.substring(0, name.indexOf('-'));
        Path base = Files.createDirectories(folder.resolve(name).resolve("base"));
        Path settings = Files.writeString(base.resolve("config.json"), Objects.requireNonNull(BASES.get(family)));
        PretrainedModel model = Models.untrained(settings, new Rng(5));
        model.eval();
        Checkpoint.saveWeights(base.resolve("model.safetensors"), model);
        long[] tokens = new long[24];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = 3L + (i * 7 + i * i) % (TOKENS - 3);
        }
        Tensor ids = Tensor.of(tokens, 3, 8);
        Lora lora = Lora.apply(model, config, new Rng(1));
        RankAllocator allocator = config.kind() == Kind.ADALORA ? new RankAllocator(lora) : null;
        Adam optimizer = new Adam(lora.parameters(), 0.05, Adam.Options.adamW());
        for (int step = 0; step < 8; step++) {
            Gradients gradients = Autograd.gradients(lora.withOrthogonality(loss(model, ids)));
            optimizer.step(gradients);
            if (allocator != null) {
                allocator.update(step, gradients);
            }
        }
        lora.save(folder.resolve(name).resolve("adapter"));
        Tensor adapted = Autograd.noGrad(() -> logits(model, ids));
        Tensor plain = Lora.only(Set.of(), () -> Autograd.noGrad(() -> logits(model, ids)));
        Safetensors.write(
                folder.resolve(name).resolve("expected.safetensors"),
                Map.of(
                        "ids", TensorData.of(ids),
                        "logits", TensorData.of(adapted),
                        "plain", TensorData.of(plain)));
    }

    private static Tensor loss(PretrainedModel model, Tensor ids) {
        return model instanceof Encoder encoder
                ? encoder.loss(logits(model, ids), Tensor.of(0L, 1L, 2L))
                : CausalLM.loss(logits(model, ids), ids);
    }

    private static Tensor logits(PretrainedModel model, Tensor ids) {
        return model instanceof CausalLM causal
                ? causal.logits(ids, null, null)
                : Objects.requireNonNull(((Encoder) model).run(ids, null, null).logits());
    }
}
