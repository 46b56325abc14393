package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.nn.prune.Masks;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads and feed-forward parts of every family, taken out. */
class PrunedModelsTest {
    @TempDir
    private Path folder;

    static List<SmallModels.Case> cases() {
        return SmallModels.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aSmallerModelComputesWhatTheMaskedOneDoes(SmallModels.Case c) {
        PretrainedModel model = Models.load(SmallModels.write(c, folder));
        Map<String, Units> all = Units.of(model);
        assertThat(all).isNotEmpty();
        Map<String, Tensor> state = new LinkedHashMap<>();
        model.stateDict()
                .forEach((name, tensor) -> state.put(name, tensor.copy().keep()));
        Masks masks = new Masks();
        all.values().forEach(units -> units.mask(masks, some(units)));
        Tensor masked = result(model, c);
        model.loadStateDict(state);
        long before = model.parameterCount();
        all.values().forEach(units -> units.keep(some(units)));
        Tensor small = result(model, c);
        assertThat(model.parameterCount()).isLessThan(before);
        double largest = masked.abs().amax().item();
        assertThat(small.sub(masked).abs().amax().item()).isLessThan(2e-5 * largest);
    }

    /** Every second one, the last included. */
    private static int[] some(Units units) {
        return IntStream.range(0, units.count())
                .filter(i -> (units.count() - 1 - i) % 2 == 0)
                .toArray();
    }

    private static Tensor result(PretrainedModel model, SmallModels.Case c) {
        return Autograd.noGrad(() -> switch (model) {
            case CausalLM causal -> causal.logits(c.ids(), null, null);
            case Encoder encoder -> encoder.run(c.ids(), null, null).lastHidden();
            case Seq2SeqLM both -> both.decode(both.encode(c.ids(), null), null, c.ids(), null);
            case ImageEncoder images -> images.forward(c.ids());
        });
    }

    @Test
    void aDecoderWithFewerHeadsGeneratesThroughItsCache() {
        CausalLM model = SmallModels.causal("llama", folder);
        Map<String, Units> all = Units.of(model);
        all.values().forEach(units -> units.keep(units.strongest(Math.ceilDiv(units.count(), 2))));
        SmallModels.Case c = SmallModels.named("llama");
        Tensor ids = c.ids().narrow(0, 0, 1);
        Tensor whole = Autograd.noGrad(() -> model.logits(ids, null, null));
        KvCache cache = new KvCache();
        Tensor last = null;
        for (long at = 0; at < ids.shape().size(1); at++) {
            Tensor one = ids.narrow(1, at, 1);
            last = Autograd.noGrad(() -> model.logits(one, null, cache)).keep();
        }
        assertThat(last).isNotNull();
        assertThat(last.flatten()
                        .sub(whole.select(1, (int) ids.shape().size(1) - 1).flatten())
                        .abs()
                        .amax()
                        .item())
                .isLessThan(1e-4 * whole.abs().amax().item());
    }

    @Test
    void adaptersAreInTheWay() {
        CausalLM model = SmallModels.causal("llama", folder);
        Lora.apply(model, LoraConfig.lora(2, 4, "q_proj"));
        assertThatThrownBy(() -> Units.of(model))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a layer with an adapter");
    }
}
