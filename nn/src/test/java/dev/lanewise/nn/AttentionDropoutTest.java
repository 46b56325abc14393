package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.TransformerDecoderLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Dropout of attention weights, as of PyTorch's MultiheadAttention. */
final class AttentionDropoutTest {
    private static final int SAMPLES = 32;

    /** Scores are all 0, so a weight is 1/2, and 0 or 1 after dropout of a half; values pass as they are. */
    private static MultiHeadAttention averaging(double dropout) {
        MultiHeadAttention attention = new MultiHeadAttention(2, 1, null, dropout, new Rng(1));
        Tensor identity = Tensor.eye(2);
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put("in_proj_weight", Tensor.cat(0, Tensor.zeros(4, 2), identity));
        state.put("in_proj_bias", Tensor.zeros(6));
        state.put("out_proj.weight", identity);
        state.put("out_proj.bias", Tensor.zeros(2));
        attention.loadStateDict(state);
        return attention;
    }

    private static Tensor twoValues() {
        return Tensor.of(new float[][] {{1, 10}, {100, 1000}}).expand(SAMPLES, 2, 2);
    }

    @Test
    void everyWeightIsDroppedOrScaledOnItsOwn() {
        Tensor sums = averaging(0.5).forward(twoValues());
        assertThat(sums.select(-1, 0).toFloatArray()).containsOnly(0, 1, 100, 101);
        assertThat(sums.select(-1, 1).toFloatArray()).containsOnly(0, 10, 1000, 1010);
    }

    @Test
    void gradientsFlowThroughWhatWasKept() {
        Tensor x = Autograd.watch(twoValues().contiguous());
        Tensor sums = averaging(0.5).forward(x);
        float[] gradient = Autograd.gradients(sums.sum()).of(x).select(-1, 0).toFloatArray();
        float[] first = sums.select(-1, 0).toFloatArray();
        for (int sample = 0; sample < SAMPLES; sample++) {
            float both = first[2 * sample] + first[2 * sample + 1];
            assertThat(gradient[2 * sample]).isEqualTo(both % 100);
            assertThat(gradient[2 * sample + 1]).isEqualTo((float) Math.floor(both / 100));
        }
    }

    @Test
    void nothingIsDroppedInEvaluation() {
        MultiHeadAttention attention = averaging(0.5);
        attention.eval();
        assertThat(attention.forward(twoValues()).select(-1, 0).toFloatArray()).containsOnly(50.5f);
        Tensor x = new Rng(2).randn(DType.F32, 2, 5, 8);
        Tensor mask = new Rng(3).randn(DType.F32, 5, 5);
        MultiHeadAttention dropping = new MultiHeadAttention(8, 2, null, 0.3, new Rng(4));
        dropping.eval();
        assertThat(dropping.selfAttention(x, mask, true).toFloatArray())
                .containsExactly(new MultiHeadAttention(8, 2, new Rng(4))
                        .selfAttention(x, mask, true)
                        .toFloatArray());
    }

    @Test
    void masksHoldInTrainingToo() {
        Tensor sums = averaging(0.5).selfAttention(twoValues(), null, true);
        assertThat(sums.select(-1, 0).select(1, 0).toFloatArray()).containsOnly(0, 2);
    }

    @Test
    void layersOfATransformerDropAttentionAsWell() {
        Tensor x = new Rng(2).randn(DType.F32, 2, 5, 8);
        Layer layer = new TransformerDecoderLayer(8, 2, 16, 0.3, new Rng(1));
        for (String name : List.of("self_attn", "multihead_attn")) {
            Layer attention = layer.children().get(name);
            assertThat(attention.forward(x).toFloatArray())
                    .isNotEqualTo(attention.forward(x).toFloatArray());
        }
        TransformerDecoderLayer plain = new TransformerDecoderLayer(8, 2, 16, 0, new Rng(1));
        assertThat(layer.stateDict().keySet())
                .containsExactlyElementsOf(plain.stateDict().keySet());
        layer.eval();
        assertThat(((TransformerDecoderLayer) layer).forward(x, x).toFloatArray())
                .containsExactly(plain.forward(x, x).toFloatArray());
    }

    @Test
    void aProbabilityOfOneLeavesTheBias() {
        MultiHeadAttention attention = new MultiHeadAttention(8, 2, null, 1, new Rng(0));
        Tensor bias = new Rng(1).randn(DType.F32, 8);
        attention.namedParameters().get("out_proj.bias").leaf().assign(bias);
        float[] y = attention.forward(new Rng(2).randn(DType.F32, 1, 3, 8)).toFloatArray();
        assertThat(y).containsExactly(bias.expand(3, 8).toFloatArray());
    }

    @Test
    void aProbabilityBeyondOneIsRefused() {
        assertThatThrownBy(() -> new MultiHeadAttention(8, 2, null, 1.5, new Rng(0)))
                .hasMessageContaining("dropout: probability 1.5");
    }
}
