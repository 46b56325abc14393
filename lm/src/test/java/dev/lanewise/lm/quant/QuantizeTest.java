package dev.lanewise.lm.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Seq2SeqLM;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuantizeTest {
    private final Rng rng = new Rng(1);
    private final Tensor x = rng.randn(DType.F32, 4, 64);
    private final Sequential model = new Sequential()
            .with("a", new Linear(64, 96, rng))
            .with("relu", new ReLU())
            .with("b", new Linear(96, 10, rng));

    private double[] result() {
        return Autograd.noGrad(() -> model.forward(x)).to(DType.F64).toDoubleArray();
    }

    @Test
    void zerosAndTiesRoundAsDefined() {
        Int8.Quantized q = Int8.dynamic(Tensor.of(new float[] {0, 0, 0}));
        assertThat(q.zero()).isZero();
        assertThat(q.values().toIntArray()).containsExactly(0, 0, 0);
        assertThat(q.scale().item()).isEqualTo(1);
        // halves go to the even neighbour
        Tensor fake = Int8.fake(Tensor.of(new float[] {0.5f, 1.5f, -0.5f, 300}), Tensor.scalar(1), 0, -128, 127);
        assertThat(fake.toFloatArray()).containsExactly(0, 2, 0, 127);
        assertThat(Int8.perRow(Tensor.zeros(2, 3)).dequantized().toFloatArray()).containsOnly(0);
    }

    @Test
    void weightsOfFewBitsGiveNearlyTheSameAndTakeLess() {
        double[] plain = result();
        Quantize.Saved saved = Quantize.int8(model, name -> true);
        assertThat(saved.layers()).isEqualTo(2);
        assertThat(saved.bytesBefore()).isEqualTo(4 * (64 * 96 + 96 * 10));
        assertThat(saved.bytesAfter()).isEqualTo(64 * 96 + 96 * 10 + 4 * (96 + 10));
        // a rounded number is off by up to half a step of 1/127 of a row's largest
        assertThat(saved.error()).isBetween(0.001, 0.01);
        assertThat(result()).containsExactly(plain, within(0.02));
        assertThat(model.stateDict().keySet()).containsExactly("a.bias", "b.bias");
    }

    @Test
    void blocksOfFilesAreWeightsToo() {
        double[] plain = result();
        Quantize.Saved saved = Quantize.weights(model, BlockType.Q8_0, name -> true);
        assertThat(saved.bytesAfter()).isEqualTo((64 * 96 + 96 * 10) / 32 * 34);
        assertThat(result()).containsExactly(plain, within(0.02));
        assertThatThrownBy(() -> QuantizedWeight.blocks(Tensor.zeros(4, 33), BlockType.Q4_0))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("multiple of 32");
    }

    @Test
    void activationsAreRoundedByWhatWasSeen() {
        double[] plain = result();
        try (Quantize.Calibration calibration = Quantize.calibrate(model, name -> true)) {
            model.forward(x);
            assertThat(calibration.apply().layers()).isEqualTo(2);
        }
        assertThat(result()).containsExactly(plain, within(0.05));
        Tensor watched = Autograd.watch(x);
        assertThatThrownBy(() -> model.forward(watched))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("rounded activations");
    }

    @Test
    void errorsAreThoseOfTheWeights() {
        Tensor weight = Tensor.of(new float[] {127, 1.25f, 0, -0.5f}, 2, 2);
        Sequential one = new Sequential().with("only", new Linear(new Parameter(weight), null));
        Quantize.Saved saved = Quantize.int8(one, name -> true);
        // 1.25 becomes 1, all others stay
        assertThat(saved.error()).isCloseTo(0.25 / Math.sqrt(127 * 127 + 1.25 * 1.25 + 0.25), within(1e-7));
        assertThat(Quantize.int8(one, name -> true)).isEqualTo(new Quantize.Saved(0, 0, 0, 0));
    }

    @Test
    void rangesThatAreNoneAreRefused() {
        try (Quantize.Calibration calibration = Quantize.calibrate(model, name -> true)) {
            Tensor broken = x.mul(Double.POSITIVE_INFINITY);
            assertThatThrownBy(() -> model.forward(broken))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("finite");
            assertThat(calibration.apply().layers()).isZero();
        }
    }

    @Test
    void gradientsGoThroughWeightsOfFewBits() {
        Tensor weight = rng.randn(DType.F32, 700, 64);
        QuantizedLinear layer = new QuantizedLinear(QuantizedWeight.int8(weight), new Parameter(Tensor.zeros(700)));
        Tensor watched = Autograd.watch(x);
        Tensor factors = rng.randn(DType.F32, 4, 700);
        Tensor got =
                Autograd.gradients(layer.forward(watched).mul(factors).sum()).of(watched);
        Tensor want = factors.matmul(layer.dense());
        assertThat(got.sub(want).abs().amax().item()).isLessThan(1e-3);
    }

    @Test
    void rowsOfATableAreThoseOfTheWidenedOne() {
        Tensor table = rng.randn(DType.F32, 7, 64);
        Tensor numbers = Tensor.of(new long[] {6, 0, 6, 3}, 2, 2);
        for (QuantizedWeight weight : List.of(
                QuantizedWeight.int8(table),
                QuantizedWeight.blocks(table, BlockType.Q8_0),
                QuantizedWeight.blocks(table, BlockType.Q4_0),
                QuantizedWeight.blocks(table, BlockType.BF16))) {
            QuantizedEmbedding layer = new QuantizedEmbedding(weight);
            Tensor want = weight.dense().embedding(numbers);
            assertThat(layer.forward(numbers).shape()).isEqualTo(want.shape());
            assertThat(layer.forward(numbers).toFloatArray()).isEqualTo(want.toFloatArray());
            assertThat(layer.forward(Tensor.of(new long[0], 0)).shape().toArray())
                    .containsExactly(0, 64);
            assertThatThrownBy(() -> layer.forward(Tensor.of(7L)))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("7");
        }
    }

    @Test
    void aWeightThatTwoLayersHaveStays() {
        Parameter shared = new Parameter(rng.randn(DType.F32, 5, 5));
        Sequential tied = new Sequential().with("a", new Linear(shared, null)).with("b", new Linear(shared, null));
        assertThat(Quantize.int8(tied, name -> true).layers()).isZero();
    }

    @Test
    void badNumbersAreRefusedByName() {
        Tensor whole = Tensor.of(1L, 2L);
        assertThatThrownBy(() -> Int8.dynamic(whole)).hasMessageContaining("int8 dynamic: I64[2]");
        assertThatThrownBy(() -> Int8.ofRange(whole, 0, 1, 255)).hasMessageContaining("int8 range: I64[2]");
        assertThatThrownBy(() -> Int8.perRow(whole)).hasMessageContaining("int8 per row: I64[2]");
        assertThatThrownBy(() -> Int8.dynamic(Tensor.zeros(0))).hasMessageContaining("int8 dynamic: F32[0]");
        assertThatThrownBy(() -> Int8.dynamic(Tensor.ones(2), 0)).hasMessageContaining("largest number 0");
        assertThatThrownBy(() -> Int8.groups(Tensor.ones(2, 6), 4, true)).hasMessageContaining("in groups of 4");
        assertThatThrownBy(() -> Int8.groups(Tensor.ones(2, 6), 0, true)).hasMessageContaining("in groups of 0");
    }

    @Test
    void lossesNameTheShapesThatTheyExpect() {
        Tensor ids = Tensor.of(1L, 2L);
        assertThatThrownBy(() -> CausalLM.loss(Tensor.ones(2, 4), ids)).hasMessageContaining("causal LM loss: logits");
        assertThatThrownBy(
                        () -> CausalLM.loss(Tensor.ones(1, 1, 4), Tensor.of(1L).reshape(1, 1)))
                .hasMessageContaining("an l of 2 or more");
        assertThatThrownBy(() -> Seq2SeqLM.loss(Tensor.ones(1, 2, 4), ids)).hasMessageContaining("seq2seq LM loss");
    }
}
