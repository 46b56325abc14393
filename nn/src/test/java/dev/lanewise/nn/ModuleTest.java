package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.dropout.AlphaDropout;
import dev.lanewise.nn.dropout.Dropout2d;
import dev.lanewise.nn.dropout.StochasticDepth;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.sequence.AttentionCache;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.EmbeddingBag;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.LearnedPositions;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.Positions;
import dev.lanewise.nn.sequence.RNN;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.nn.sequence.RotaryPositions;
import dev.lanewise.nn.sequence.SinusoidalPositions;
import dev.lanewise.nn.sequence.TransformerDecoderLayer;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ModuleTest {
    private final Layer model =
            new Sequential(new Linear(4, 3, new Rng(1)), new ReLU(), new Dropout(0.5), new Linear(3, 2, new Rng(2)));

    @Test
    void namesArePyTorchs() {
        assertThat(model.stateDict().keySet()).containsExactly("0.weight", "0.bias", "3.weight", "3.bias");
        assertThat(model.parameterCount()).isEqualTo(4 * 3 + 3 + 3 * 2 + 2);
        assertThat(model.toString())
                .contains("(0): Linear(in=4, out=3, bias=true)")
                .contains("Dropout(p=0.5)");
    }

    @Test
    void fusedReluEqualsTheTwoLayers() {
        Linear linear = new Linear(4, 3, new Rng(1));
        Tensor x = new Rng(5).randn(DType.F32, 6, 4);
        assertThat(new Sequential(linear, new ReLU()).forward(x).toFloatArray())
                .containsExactly(linear.forward(x).relu().toFloatArray());
    }

    @Test
    void fusedReluOfAConvolutionEqualsTheTwoLayers() {
        Conv2d conv = new Conv2d(4, 6, Window.of(3).stride(2).padding(1), 2, false, new Rng(1));
        Tensor x = new Rng(5).randn(DType.F32, 2, 4, 7, 7);
        assertThat(new Sequential(conv, new ReLU()).forward(x).toFloatArray())
                .contains(0f)
                .containsExactly(conv.forward(x).relu().toFloatArray());
    }

    @Test
    void dropoutActsInTrainingOnly() {
        Tensor x = Tensor.ones(1000);
        Dropout dropout = new Dropout(0.25, new Rng(7));
        double mean = dropout.forward(x).mean().item();
        assertThat(mean).isBetween(0.9, 1.1);
        assertThat(dropout.forward(x).eq(0).sum().itemLong()).isBetween(200L, 300L);
        dropout.eval();
        assertThat(dropout.forward(x).toFloatArray()).containsOnly(1f);
    }

    @Test
    void batchNormFollowsStatisticsAndUsesThem() {
        BatchNorm norm = new BatchNorm(2);
        Tensor x = Tensor.of(new float[][] {{1, 10}, {3, 30}});
        assertThat(norm.forward(x).mean(0).abs().amax().item()).isLessThan(1e-6);
        Map<String, Tensor> state = norm.stateDict();
        assertThat(state.get("running_mean").toFloatArray()).containsExactly(0.2f, 2f);
        assertThat(state.get("running_var").toFloatArray()).containsExactly(0.9f + 0.1f * 2, 0.9f + 0.1f * 200);
        assertThat(state.get("num_batches_tracked").itemLong()).isEqualTo(1);
        norm.eval();
        assertThat(norm.forward(Tensor.of(new float[][] {{0.2f, 2f}}))
                        .abs()
                        .amax()
                        .item())
                .isLessThan(1e-6);
    }

    @Test
    void stateOfAnotherModelIsRefusedWhole() {
        Map<String, Tensor> state = new LinkedHashMap<>(model.stateDict());
        float[] before = model.stateDict().get("0.bias").toFloatArray();
        state.put("0.bias", Tensor.ones(3));
        state.put("0.weight", Tensor.ones(3, 5));
        state.put("extra", Tensor.ones(1));
        state.remove("3.bias");
        assertThatThrownBy(() -> model.loadStateDict(state))
                .hasMessageContaining("missing 3.bias")
                .hasMessageContaining("unexpected extra")
                .hasMessageContaining("0.weight is [3, 5] (expected [3, 4])");
        assertThat(model.stateDict().get("0.bias").toFloatArray()).containsExactly(before);
    }

    @Test
    void frozenParametersStay() {
        List<Parameter> parameters = model.parameters();
        model.freeze(true);
        parameters.getLast().freeze(false);
        float[] before = parameters.getFirst().leaf().toFloatArray();
        float[] lastBefore = parameters.getLast().leaf().toFloatArray();
        Gradients gradients =
                Autograd.gradients(model.forward(Tensor.ones(2, 4)).sum());
        new Sgd(parameters, 0.1).step(gradients);
        assertThat(parameters.getFirst().leaf().toFloatArray()).containsExactly(before);
        assertThat(parameters.getLast().leaf().toFloatArray()).isNotEqualTo(lastBefore);
    }

    @Test
    void functionalCallUsesOtherTensorsForItsThreadOnly() {
        Linear linear = new Linear(1, 1, false, new Rng(1));
        Tensor other = Autograd.watch(Tensor.full(5, DType.F32, Device.CPU, 1, 1));
        Tensor y = linear.functionalCall(Map.of("weight", other), () -> linear.forward(Tensor.ones(1, 1)));
        assertThat(y.item()).isEqualTo(5);
        assertThat(Autograd.gradients(y.sum()).of(other).item()).isEqualTo(1);
        assertThat(linear.forward(Tensor.ones(1, 1)).item()).isNotEqualTo(5);
    }

    @Test
    void xorIsLearned() {
        Layer xor = new Sequential(new Linear(2, 8, new Rng(3)), Activation.tanh(), new Linear(8, 2, new Rng(4)));
        Adam adam = new Adam(xor.parameters(), 0.05);
        Tensor x = Tensor.of(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
        Tensor y = Tensor.of(new long[] {0, 1, 1, 0});
        for (int step = 0; step < 300; step++) {
            adam.step(Autograd.gradients(xor.forward(x).crossEntropy(y)));
        }
        assertThat(xor.forward(x).argmax(1).toLongArray()).containsExactly(0, 1, 1, 0);
    }

    @Test
    void listsNameTheirModulesByNumber() {
        LayerList<Linear> heads = new LayerList<>(List.of(new Linear(2, 3), new Linear(2, 1)));
        assertThat(heads.stateDict().keySet()).containsExactly("0.weight", "0.bias", "1.weight", "1.bias");
        assertThat(heads).hasSize(2).containsExactlyElementsOf(heads.asList());
        assertThat(heads.get(1).forward(Tensor.ones(4, 2)).shape().toArray()).containsExactly(4, 1);
        assertThatThrownBy(() -> heads.forward(Tensor.ones(4, 2))).hasMessageContaining("use a Sequential");
    }

    @Test
    void residualsComposeByLambdaAndAreTrained() {
        Linear block = new Linear(3, 3, new Rng(1));
        Layer residual = new Lambda(x -> x.add(block.forward(x)), block);
        Tensor x = Tensor.ones(2, 3);
        assertThat(residual.forward(x).toFloatArray())
                .containsExactly(new Residual(block, new Identity()).forward(x).toFloatArray());
        assertThat(residual.namedParameters().keySet()).containsExactly("0.weight", "0.bias");
        assertThat(new Residual(block).forward(x).toFloatArray())
                .containsExactly(residual.forward(x).toFloatArray());
    }

    @Test
    void positionsAreAdded() {
        Tensor x = Tensor.zeros(2, 3, 4);
        Tensor encoded = new SinusoidalPositions(10, 4).forward(x);
        assertThat(encoded.select(0, 1).toFloatArray())
                .containsExactly(Positions.sinusoidal(3, 4).toFloatArray());
        LearnedPositions learned = new LearnedPositions(10, 4, new Rng(1));
        assertThat(learned.forward(x).select(0, 0).toFloatArray())
                .containsExactly(
                        learned.stateDict().get("weight").narrow(0, 0, 3).toFloatArray());
        assertThat(learned.stateDict().keySet()).containsExactly("weight");
        assertThatThrownBy(() -> new SinusoidalPositions(2, 4).forward(x)).hasMessageContaining("time of at most 2");
    }

    @Test
    void rotatedScoresDependOnDistanceAlone() {
        RotaryPositions rotary = new RotaryPositions(8, 6);
        // one query and one key, at every position
        Tensor q = rotary.forward(new Rng(1).randn(DType.F32, 1, 6).expand(8, 6));
        Tensor k = rotary.forward(new Rng(2).randn(DType.F32, 1, 6).expand(8, 6));
        Tensor scores = q.matmul(k.transpose());
        for (int distance = 0; distance < 4; distance++) {
            float[] along = new float[8 - distance];
            for (int i = 0; i < along.length; i++) {
                along[i] = (float) scores.select(0, i).select(0, i + distance).item();
            }
            for (float score : along) {
                assertThat(score).isCloseTo(along[0], org.assertj.core.api.Assertions.within(1e-5f));
            }
        }
        MultiHeadAttention attention = new MultiHeadAttention(12, 2, rotary, new Rng(3));
        Tensor x = new Rng(4).randn(DType.F32, 1, 5, 12);
        Tensor plain = new MultiHeadAttention(12, 2, new Rng(3)).forward(x);
        assertThat(attention.stateDict()).hasSize(4);
        assertThat(attention.forward(x).toFloatArray()).isNotEqualTo(plain.toFloatArray());
        assertThatThrownBy(() -> new RotaryPositions(8, 5)).hasMessageContaining("rotary_positions: size 5");
    }

    @Test
    void emptyBagsAreZeros() {
        for (EmbeddingBag.Mode mode : EmbeddingBag.Mode.values()) {
            EmbeddingBag bag = new EmbeddingBag(4, 2, mode, Embedding.NO_PADDING, new Rng(1));
            assertThat(bag.forward(Tensor.arange(0), 0, 0, 0).toFloatArray()).containsExactly(0, 0, 0, 0, 0, 0);
            assertThat(bag.forward(Tensor.arange(0).reshape(3, 0)).toFloatArray())
                    .containsExactly(0, 0, 0, 0, 0, 0);
            assertThat(bag.forward(Tensor.arange(3), 0, 3, 3).narrow(0, 1, 2).toFloatArray())
                    .containsExactly(0, 0, 0, 0);
        }
    }

    @Test
    void rowsOfABagAreWeighted() {
        Parameter table = new Parameter(Tensor.of(new float[][] {{1, 2}, {3, 4}, {5, 6}}));
        EmbeddingBag bag = new EmbeddingBag(table, EmbeddingBag.Mode.SUM, 1);
        Tensor numbers = Tensor.of(new long[] {0, 1, 2, 2});
        Tensor weights = Autograd.watch(Tensor.of(2f, Float.NaN, 0.5f, -1f));
        Tensor two = bag.forward(numbers, weights, 0, 3, 4);
        // the number of padding does not count, whatever its weight is
        assertThat(two.toFloatArray()).containsExactly(4.5f, 7, -5, -6, 0, 0);
        Gradients gradients = Autograd.gradients(two.sum());
        assertThat(gradients.of(weights).toFloatArray()).containsExactly(3, 0, 11, 11);
        assertThat(gradients.of(table.leaf()).toFloatArray()).containsExactly(2, 2, 0, 0, -0.5f, -0.5f);
        Tensor one = bag.forward(numbers.reshape(2, 2), weights.reshape(2, 2));
        assertThat(one.toFloatArray()).containsExactly(2, 4, -2.5f, -3);
        assertThat(bag.forward(Tensor.arange(0), Tensor.zeros(0), 0, 0).shape()).isEqualTo(Shape.of(2, 2));
        assertThatThrownBy(() -> bag.forward(numbers, Tensor.ones(3), 0))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("embedding_bag: weights F32[3] of numbers I64[4]");
        assertThatThrownBy(() -> new EmbeddingBag(3, 2).forward(numbers, Tensor.ones(4), 0))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("combined by MEAN");
    }

    @Test
    void dropoutOfEverythingLeavesNothing() {
        Tensor x = Autograd.watch(Tensor.of(new float[] {1, 4, -2, 3}, 1, 2, 2));
        for (Layer layer : List.of(
                new Dropout(1),
                new Dropout2d(1),
                new AlphaDropout(1),
                new StochasticDepth(1, StochasticDepth.Mode.ROW),
                new Sequential(new Dropout(1), new Dropout(0.5)))) {
            Tensor y = layer.forward(x);
            assertThat(y.abs().toFloatArray()).as(layer.toString()).containsOnly(0);
            assertThat(Autograd.gradients(y.sum()).of(x).abs().toFloatArray()).containsOnly(0);
            layer.eval();
            assertThat(layer.forward(x).toFloatArray()).containsExactly(x.toFloatArray());
        }
        assertThat(new Dropout(1)
                        .forward(Tensor.of(Float.NaN, Float.POSITIVE_INFINITY))
                        .toFloatArray())
                .containsOnly(0);
        LSTM lstm = new LSTM(2, 3, 2, false, 1);
        assertThat(lstm.forward(Tensor.ones(1, 4, 2)).shape()).isEqualTo(Shape.of(1, 4, 3));
    }

    /** As in PyTorch. */
    @Test
    void ofEqualElementsOfABagTheFirstGetsTheGradient() {
        EmbeddingBag bag =
                new EmbeddingBag(new Parameter(Tensor.ones(3, 1)), EmbeddingBag.Mode.MAX, Embedding.NO_PADDING);
        Tensor table = bag.parameters().getFirst().leaf();
        Tensor y = bag.forward(Tensor.of(new long[] {2, 0, 1}, 1, 3));
        assertThat(Autograd.gradients(y.sum()).of(table).toFloatArray()).containsExactly(0, 0, 1);
    }

    @Test
    void attentionRefusesAMaskOfIntegers() {
        MultiHeadAttention attention = new MultiHeadAttention(4, 2, new Rng(1));
        assertThatThrownBy(() -> attention.selfAttention(Tensor.ones(1, 3, 4), Tensor.ones(DType.I64, 3, 3), false))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("attention: mask I64[3, 3] (expected BOOL, true where a position may not look")
                .hasMessageContaining("triu(ones, 1), give mask.ne(0); if 1 means that it may, mask.eq(0)");
    }

    @Test
    void masksOfPaddingAreToldFromThoseOfPairs() {
        MultiHeadAttention attention = new MultiHeadAttention(4, 2, new Rng(1));
        Tensor tokens = Tensor.of(1L, 1L, 0L, 1L, 1L, 1L).reshape(2, 3);
        Tensor padding = tokens.eq(0);
        for (Tensor mask : List.of(tokens, tokens.to(DType.F32), padding.flatten())) {
            assertThatThrownBy(() -> MultiHeadAttention.paddingMask(mask))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith(
                            "paddingMask: " + mask.spec() + " (expected BOOL [n, s], true where there is")
                    .hasMessageContaining("mask.eq(0)");
        }
        assertThatThrownBy(() -> attention.selfAttention(Tensor.ones(2, 3, 4), padding, false))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("scores [2, 2, 3, 3]")
                .hasMessageContaining("paddingMask(mask)");
        AttentionCache cache = new AttentionCache();
        Autograd.noGrad(() -> {
            attention.selfAttention(Tensor.ones(2, 1, 4), null, cache);
            assertThatThrownBy(() -> attention.selfAttention(Tensor.ones(2, 2, 4), Tensor.ones(3, 3), cache))
                    .hasMessageContaining("scores [2, 2, 2, 3]");
        });
        assertThat(attention
                        .selfAttention(Tensor.ones(2, 3, 4), MultiHeadAttention.paddingMask(padding), false)
                        .shape())
                .isEqualTo(Shape.of(2, 3, 4));
    }

    @Test
    void batchNormNeedsTwoValuesPerChannel() {
        BatchNorm norm = new BatchNorm(2);
        for (long n : new long[] {0, 1}) {
            assertThatThrownBy(() -> norm.forward(Tensor.ones(n, 2)))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining(n == 1 ? "1 value per channel" : "0 values per channel");
        }
        assertThatThrownBy(() -> Tensor.ones(0, 2).batchNorm(Tensor.ones(2), Tensor.zeros(2), 1e-5))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no elements");
    }

    @Test
    void paddingsRowIsNotTrained() {
        Embedding embedding = new Embedding(4, 2, 1, new Rng(1));
        assertThat(embedding.forward(Tensor.of(1L)).toFloatArray()).containsExactly(0, 0);
        Tensor numbers = Tensor.of(new long[] {1, 2, 1, 0}, 2, 2);
        Tensor gradient = Autograd.gradients(embedding.forward(numbers).sum())
                .of(embedding.weight().leaf());
        assertThat(gradient.toFloatArray()).containsExactly(1, 1, 0, 0, 1, 1, 0, 0);
        assertThatThrownBy(() -> new Embedding(4, 2, 4, new Rng(1))).hasMessageContaining("padding 4");
        assertThatThrownBy(() -> new EmbeddingBag(4, 2, new Rng(1)).forward(Tensor.arange(3), 0, 5))
                .hasMessageContaining("offsets [0, 5] of 3 numbers");
    }

    @Test
    void sequencesCanBeGivenInParts() {
        for (Recurrent net : List.of(
                new LSTM(3, 4, 2, false, 0, new Rng(1)), new GRU(3, 4, 1, false, 0, new Rng(1)), new RNN(3, 4))) {
            Tensor x = new Rng(2).randn(DType.F32, 2, 7, 3);
            Recurrent.Result whole = net.run(x);
            Recurrent.Result first = net.run(x.narrow(1, 0, 3));
            Recurrent.Result second = net.run(x.narrow(1, 3, 4), first);
            assertThat(second.output().toFloatArray())
                    .containsExactly(whole.output().narrow(1, 3, 4).toFloatArray());
            assertThat(second.hidden().toFloatArray())
                    .containsExactly(whole.hidden().toFloatArray());
        }
    }

    @Test
    void recurrentDropoutActsBetweenLayersInTraining() {
        Tensor x = new Rng(2).randn(DType.F32, 2, 7, 3);
        Recurrent net = new GRU(3, 4, 2, false, 0.5, new Rng(1));
        assertThat(net.forward(x).toFloatArray()).isNotEqualTo(net.forward(x).toFloatArray());
        net.eval();
        assertThat(net.forward(x).toFloatArray()).containsExactly(net.forward(x).toFloatArray());
    }

    @Test
    void decodersNeedAMemory() {
        TransformerDecoderLayer decoder = new TransformerDecoderLayer(8, 2, 16, 0, new Rng(1));
        Tensor x = Tensor.ones(1, 2, 8);
        assertThatThrownBy(() -> decoder.forward(x)).hasMessageContaining("called without memory");
        TransformerEncoderLayer encoder = new TransformerEncoderLayer(8, 2, 16, 0, new Rng(1));
        assertThatThrownBy(() -> encoder.decode(x, x)).hasMessageContaining("called with memory");
    }

    @Test
    void normalizationsCheckTheRank() {
        assertThatThrownBy(() -> new BatchNorm1d(3).forward(Tensor.ones(2, 3, 4, 4)))
                .hasMessageContaining("batch_norm1d")
                .hasMessageContaining("[n, c] or [n, c, l]");
        assertThatThrownBy(() -> new BatchNorm2d(3).forward(Tensor.ones(2, 3))).hasMessageContaining("batch_norm2d");
        assertThat(new BatchNorm1d(3).toString()).isEqualTo("BatchNorm1d(3, momentum=0.1, eps=1.0E-5)");
    }

    @Test
    void numbersOfBatchNormComeInPyTorchsOrder() {
        for (Layer norm :
                List.of(new BatchNorm(3, 1e-3, 0.01), new BatchNorm1d(3, 1e-3, 0.01), new BatchNorm2d(3, 1e-3, 0.01))) {
            assertThat(norm.toString()).endsWith("(3, momentum=0.01, eps=0.001)");
        }
        assertThatThrownBy(() -> new BatchNorm1d(3, -1, 0.1)).hasMessageStartingWith("batch_norm: epsilon -1.0");
        assertThatThrownBy(() -> new BatchNorm2d(3, 1e-5, 7)).hasMessageContaining("momentum 7.0");
    }

    @Test
    void layerNormWithoutSizesIsRefused() {
        assertThatThrownBy(() -> new LayerNorm(1e-5))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("layer_norm: no sizes with epsilon 1.0E-5");
        assertThatThrownBy(LayerNorm::new).hasMessageStartingWith("layer_norm: no sizes");
    }

    @Test
    void bilinearTakesItsInputsApart() {
        Bilinear layer = new Bilinear(3, 4, 5, new Rng(1));
        Tensor a = new Rng(2).randn(2, 6, 3);
        Tensor b = new Rng(3).randn(2, 6, 4);
        Tensor whole = layer.forward(a, b);

        assertThat(whole.shape()).isEqualTo(Shape.of(2, 6, 5));
        assertThat(whole.select(0, 1).toFloatArray())
                .containsExactly(layer.forward(a.select(0, 1), b.select(0, 1)).toFloatArray());
        assertThat(layer.forward(Tensor.ones(0, 3), Tensor.ones(0, 4)).shape()).isEqualTo(Shape.of(0, 5));
        assertThatThrownBy(() -> layer.forward(Tensor.ones(2, 2), Tensor.ones(2, 5)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("bilinear: inputs F32[2, 2] and F32[2, 5] (expected [..., 3] and [..., 4]");
        assertThatThrownBy(() -> layer.forward(Tensor.ones(2, 3), Tensor.ones(3, 4)))
                .hasMessageContaining("the same sizes before");
    }

    @Test
    void badAttributesSaySo() {
        assertThatThrownBy(() -> new Dropout(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> new MultiHeadAttention(10, 3, new Rng(0))).hasMessageContaining("divides");
        assertThatThrownBy(() -> new Sgd(List.of(), 0.1)).hasMessageContaining("no parameters");
        assertThatThrownBy(() -> new Sgd(model.parameters(), -1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> new Linear(4, 2).forward(Tensor.ones(3, 5)))
                .hasMessageContaining("linear")
                .hasMessageContaining("[3, 5]")
                .hasMessageContaining("[2, 4]");
    }

    @Test
    void layersInsideThemselvesAreRefused() {
        LayerMap outer = new LayerMap();
        LayerMap inner = new LayerMap().with("outer", outer);
        for (Layer child : List.of(outer, inner, new Sequential(new ReLU(), inner))) {
            assertThatThrownBy(() -> outer.with("child", child))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("'child' of LayerMap is that layer or contains it");
        }
        assertThat(outer.names()).isEmpty();
    }
}
