package dev.lanewise.lm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.lm.quant.QuantizedEmbedding;
import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.nn.BatchNorm1d;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.parametrize.WeightNorm;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters on layers that are not linear; {@link AdapterValuesTest} has the values. */
class LayerKindsTest {
    private final Rng rng = new Rng(3);
    private final Tensor x = rng.randn(DType.F32, 5, 6);

    @TempDir
    Path folder;

    @Test
    void normsAreTrainedAsAWholeButNotAdapted() {
        Sequential other = new Sequential().with("norm", new LayerNorm(6)).with("first", new Linear(6, 8, rng));
        Tensor before = Autograd.noGrad(() -> other.forward(x));
        Lora saved = Lora.apply(other, LoraConfig.lora(2, 4, "first").withModulesToSave("norm"), rng);
        assertThat(saved.stateDict()).containsKeys("norm.weight", "norm.bias");
        Adam optimizer = new Adam(saved.parameters(), 0.05, Adam.Options.adamW());
        optimizer.step(Autograd.gradients(other.forward(x).square().mean()));
        Tensor trained = Autograd.noGrad(() -> other.forward(x));
        assertThat(trained.toFloatArray()).isNotEqualTo(before.toFloatArray());
        saved.save(folder);
        saved.remove();
        assertThat(Autograd.noGrad(() -> other.forward(x)).toFloatArray()).isEqualTo(before.toFloatArray());
        Lora again = Lora.load(folder, other);
        assertThat(Autograd.noGrad(() -> other.forward(x)).toFloatArray()).isEqualTo(trained.toFloatArray());
        again.merge();
        assertThat(Autograd.noGrad(() -> other.forward(x)).toFloatArray())
                .containsExactly(trained.toFloatArray(), within(1e-4f));
        again.remove();
        assertThatThrownBy(() -> Lora.apply(other, LoraConfig.lora(2, 4, "first", "norm"), rng))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("'norm'");
        // peft's defaults name heads of every kind, which a model need not have
        Lora.apply(other, LoraConfig.lora(2, 4, "first").withModulesToSave("classifier"), rng);
    }

    @Test
    void whatCanNotBeAdaptedIsRefused() {
        Sequential net = new Sequential()
                .with("dilated", new Conv1d(4, 6, Window.of(3).dilation(2), 1))
                .with("grouped", new Conv1d(6, 4, Window.of(3), 2))
                .with("table", new Embedding(5, 3))
                .with("statistics", new BatchNorm1d(4));
        Map<LoraConfig, String> refused = Map.of(
                LoraConfig.lora(2, 4, "dilated"),
                "dilation of [2]",
                LoraConfig.lora(3, 4, "grouped"),
                "a rank that the groups divide",
                LoraConfig.lora(2, 4, "grouped").withKind(Kind.DORA),
                "one group",
                LoraConfig.ia3(List.of(), "table"),
                "expected a linear layer, Conv2d or Conv3d",
                LoraConfig.ia3(List.of(), "grouped"),
                "for IA3",
                LoraConfig.lora(2, 4, "table").withModulesToSave("statistics"),
                "batch norms",
                new LoraConfig(
                        Kind.ADALORA,
                        4,
                        8,
                        0,
                        LoraConfig.Targets.named("table"),
                        Map.of(),
                        Map.of(),
                        LoraConfig.Biases.NONE,
                        List.of(),
                        List.of(),
                        new LoraConfig.Allocation(2, 1, 2, 1, 8, 0.85, 0.85, 0.5)),
                "for ADALORA");
        refused.forEach((config, message) -> assertThatThrownBy(() -> Lora.apply(net, config, rng))
                .as(message)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining(message));
        assertThat(net.parameters()).noneMatch(Parameter::isFrozen);
    }

    /** Where a weight is that of two layers, an adapter of one changes that one alone, and the base weight in peft's file must be ours. */
    @Test
    void embeddingsThatShareAHeadsWeight() throws IOException {
        Parameter table = new Parameter(rng.randn(DType.F32, 7, 6));
        Sequential tied = new Sequential().with("words", new Embedding(table)).with("head", new Linear(table, null));
        Tensor numbers = Tensor.of(3L, 0L, 6L);
        Lora lora = Lora.apply(tied, LoraConfig.lora(2, 4, "words").withBiases(LoraConfig.Biases.ALL), rng);
        Adam optimizer = new Adam(lora.parameters(), 0.05, Adam.Options.adamW());
        optimizer.step(Autograd.gradients(tied.forward(numbers).square().mean()));
        optimizer.step(Autograd.gradients(tied.forward(numbers).square().mean()));
        float[] trained = Autograd.noGrad(() -> tied.forward(numbers)).toFloatArray();
        assertThatThrownBy(lora::merge)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("words.weight and head.weight");
        lora.save(folder);
        Map<String, Tensor> tensors = new HashMap<>();
        lora.stateDict().forEach((name, tensor) -> tensors.put("base_model.model." + name, Autograd.detach(tensor)));
        assertThat(tensors)
                .containsOnlyKeys("base_model.model.words.lora_embedding_A", "base_model.model.words.lora_embedding_B");
        lora.remove();
        Path file = folder.resolve("adapter_model.safetensors");
        Tensor weight = Autograd.detach(table.leaf());
        tensors.put("base_model.model.words.base_layer.weight", weight);
        Safetensors.writeTensors(file, tensors, Map.of());
        Lora again = Lora.load(folder, tied);
        assertThat(Autograd.noGrad(() -> tied.forward(numbers)).toFloatArray()).isEqualTo(trained);
        again.remove();
        Path config = folder.resolve("adapter_config.json");
        String settings = Files.readString(config);
        Files.writeString(config, settings.replaceFirst("\\{", "{\"ensure_weight_tying\": true, "));
        assertThatThrownBy(() -> Lora.load(folder, tied))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("ensure_weight_tying");
        Files.writeString(config, settings);
        tensors.put("base_model.model.words.base_layer.weight", weight.mul(1.01));
        Safetensors.writeTensors(file, tensors, Map.of());
        assertThatThrownBy(() -> Lora.load(folder, tied))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("another base_model.model.words.base_layer.weight");
    }

    @Test
    void tablesOfFewBitsAreAdaptedButNotMerged() {
        Tensor weight = rng.randn(DType.F32, 6, 32);
        Sequential chain =
                new Sequential().with("words", new QuantizedEmbedding(QuantizedWeight.blocks(weight, BlockType.Q8_0)));
        Tensor numbers = Tensor.of(3L, 0L, 5L);
        float[] before = Autograd.noGrad(() -> chain.forward(numbers)).toFloatArray();
        for (Kind kind : List.of(Kind.LORA, Kind.DORA)) {
            Lora lora = Lora.apply(chain, LoraConfig.lora(2, 4, "words").withKind(kind), rng);
            assertThat(Autograd.noGrad(() -> chain.forward(numbers)).toFloatArray())
                    .containsExactly(before, within(1e-5f));
            Adam optimizer = new Adam(lora.parameters(), 0.05, Adam.Options.adamW());
            optimizer.step(Autograd.gradients(chain.forward(numbers).square().mean()));
            float[] trained = Autograd.noGrad(() -> chain.forward(numbers)).toFloatArray();
            assertThat(trained).isNotEqualTo(before);
            assertThatThrownBy(lora::merge).isInstanceOf(TensorException.class).hasMessageContaining("packed");
            assertThat(Autograd.noGrad(() -> chain.forward(numbers)).toFloatArray())
                    .isEqualTo(trained);
            lora.remove();
        }
        assertThatThrownBy(() -> Lora.apply(chain, LoraConfig.lora(2, 4, "x").withModulesToSave("words"), rng))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("packed");
    }

    @Test
    void aWeightThatIsComputedOfOthersIsNotMergedInto() {
        Linear layer = new Linear(6, 4);
        WeightNorm.apply(layer, "weight", 0);
        Sequential net = new Sequential().with("inner", layer);
        Lora lora = Lora.apply(net, LoraConfig.lora(2, 4, "inner"), rng);
        assertThatThrownBy(lora::merge).isInstanceOf(TensorException.class).hasMessageContaining("parametrized");
        lora.remove();
    }

    @Test
    void allLinearLayersAreFoundByTheirKind() {
        Sequential net = new Sequential()
                .with("words", new Embedding(7, 6))
                .with("norm", new LayerNorm(6))
                .with("inner", new Linear(6, 4))
                .with("out", new Linear(4, 3));
        LoraConfig config = LoraConfig.lora(2, 4).withTargets(LoraConfig.Targets.allLinear());
        Lora lora = Lora.apply(net, config, rng);
        assertThat(lora.adapted()).containsExactly("inner", "out");
        assertThat(lora.config().targets().names()).containsExactly("inner", "out");
    }
}
