package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Patterns become one operation, which computes what their nodes would. */
class FusionTest {
    private final Rng rng = new Rng(3);

    private static OnnxModel load(Proto graph) {
        OnnxModel model =
                OnnxModel.load(MemorySegment.ofArray(Proto.model(graph).toBytes()));
        model.eval();
        return model;
    }

    private static Proto whole(String name, String value) {
        return new Proto().text(1, name).number(3, Long.parseLong(value)).number(20, 2);
    }

    private float[] random(int count) {
        return rng.rand(DType.F32, count).add(0.5).toFloatArray();
    }

    private float[] randomOfBothSigns(int count) {
        return rng.randn(DType.F32, count).toFloatArray();
    }

    private static void assertClose(Tensor found, Tensor expected) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        float[] a = Autograd.detach(found).contiguous().toFloatArray();
        float[] b = Autograd.detach(expected).contiguous().toFloatArray();
        for (int i = 0; i < a.length; i++) {
            assertThat(a[i]).isCloseTo(b[i], within(1e-5f * (1 + Math.abs(b[i]))));
        }
    }

    private Proto convolution() {
        return convolution("y");
    }

    private Proto convolution(String result) {
        return Proto.graph(
                        Proto.node("Conv", "conv", new String[] {"x", "w", "b"}, "c"),
                        Proto.node("BatchNormalization", "norm", new String[] {"c", "s", "o", "m", "v"}, result))
                .message(5, Proto.floats("w", new long[] {2, 3, 1, 1}, random(6)))
                .message(5, Proto.floats("b", new long[] {2}, random(2)))
                .message(5, Proto.floats("s", new long[] {2}, random(2)))
                .message(5, Proto.floats("o", new long[] {2}, random(2)))
                .message(5, Proto.floats("m", new long[] {2}, random(2)))
                .message(5, Proto.floats("v", new long[] {2}, random(2)));
    }

    private static Tensor composed(OnnxModel model, Tensor x) {
        java.util.function.Function<String, Tensor> at =
                name -> Autograd.detach(model.stateDict().get("weights." + name));
        return x.conv2d(at.apply("w"), at.apply("b"))
                .batchNormInference(at.apply("m"), at.apply("v"), at.apply("s"), at.apply("o"), 1e-5);
    }

    @Test
    void aConvolutionIsJoinedWithItsNormalizationAndFollowsItsWeights() {
        OnnxModel model = load(convolution());
        assertThat(model.explain()).contains("fused: convolution with batch norm: 1");
        Tensor x = rng.randn(DType.F32, 2, 3, 4, 5);
        assertClose(Autograd.noGrad(() -> model.forward(x)), composed(model, x));
        float[] before = Autograd.noGrad(() -> model.forward(x)).toFloatArray();
        Sgd optimizer = new Sgd(model.parameters(), 0.1);
        Tensor loss = model.forward(x).square().mean();
        optimizer.step(Autograd.gradients(loss));
        assertClose(Autograd.noGrad(() -> model.forward(x)), composed(model, x));
        assertThat(Autograd.noGrad(() -> model.forward(x)).toFloatArray()).isNotEqualTo(before);
        model.stateDict().get("weights.m").assign(Tensor.of(5f, 6f));
        assertClose(Autograd.noGrad(() -> model.forward(x)), composed(model, x));
    }

    @Test
    void aConvolutionTakesItsReluAlong() {
        for (boolean biased : new boolean[] {false, true}) {
            String[] operands = biased ? new String[] {"x", "w", "b"} : new String[] {"x", "w"};
            OnnxModel model = load(Proto.graph(
                            Proto.node("Conv", "", operands, "c").message(5, whole("group", "2")),
                            Proto.node("Relu", "", new String[] {"c"}, "y"))
                    .message(5, Proto.floats("w", new long[] {4, 1, 3, 3}, randomOfBothSigns(36)))
                    .message(5, Proto.floats("b", new long[] {4}, randomOfBothSigns(4))));
            assertThat(model.explain()).contains("fused: convolution with ReLU: 1", "nodes that run: 1");
            Tensor x = rng.randn(DType.F32, 2, 2, 7, 6);
            Tensor w = model.stateDict().get("weights.w");
            Tensor b = biased ? model.stateDict().get("weights.b") : null;
            Tensor expected = x.conv2d(w, b, Window.of(3), 2).relu();
            assertThat(model.forward(x).toFloatArray()).isEqualTo(expected.toFloatArray());
        }
    }

    @Test
    void aConvolutionOfThreeDimensionsKeepsItsRelu() {
        OnnxModel model = load(Proto.graph(
                        Proto.node("Conv", "", new String[] {"x", "w"}, "c"),
                        Proto.node("Relu", "", new String[] {"c"}, "y"))
                .message(5, Proto.floats("w", new long[] {2, 1, 1, 1, 1}, 1, -1)));
        Tensor x = Tensor.of(-2f, 3f).reshape(1, 1, 1, 1, 2);
        assertThat(model.forward(x).toFloatArray()).containsExactly(0, 3, 2, 0);
    }

    @Test
    void aConvolutionWithNormalizationTakesItsReluAlong() {
        OnnxModel model = load(convolution("n").message(1, Proto.node("Relu", "relu", new String[] {"n"}, "y")));
        assertThat(model.explain()).contains("fused: convolution with batch norm and ReLU: 1", "nodes that run: 1");
        Tensor x = rng.randn(DType.F32, 2, 3, 4, 5);
        Tensor expected = composed(model, x).relu();
        assertClose(Autograd.noGrad(() -> model.forward(x)), expected);
        assertClose(model.forward(x), expected);
    }

    @Test
    void siluIsOneOperation() {
        OnnxModel model = load(Proto.graph(
                Proto.node("Sigmoid", "", new String[] {"x"}, "s"),
                Proto.node("Mul", "", new String[] {"s", "x"}, "y")));
        assertThat(model.explain()).contains("fused: SiLU: 1", "nodes that run: 1");
        Tensor x = rng.randn(DType.F32, 3, 4);
        assertClose(model.forward(x), x.silu());
    }

    @Test
    void rmsNormIsOneOperation() {
        Proto mean = Proto.node("ReduceMean", "", new String[] {"p"}, "m")
                .message(5, new Proto().text(1, "axes").number(8, -1).number(20, 7));
        OnnxModel model = load(Proto.graph(
                        Proto.node("Pow", "", new String[] {"x", "two"}, "p"),
                        mean,
                        Proto.node("Add", "", new String[] {"m", "epsilon"}, "e"),
                        Proto.node("Sqrt", "", new String[] {"e"}, "r"),
                        Proto.node("Reciprocal", "", new String[] {"r"}, "i"),
                        Proto.node("Mul", "", new String[] {"x", "i"}, "n"),
                        Proto.node("Mul", "", new String[] {"w", "n"}, "y"))
                .message(5, Proto.floats("two", new long[0], 2))
                .message(5, Proto.floats("epsilon", new long[0], 1e-5f))
                .message(5, Proto.floats("w", new long[] {4}, random(4))));
        assertThat(model.explain()).contains("fused: RMS norm: 1", "nodes that run: 1");
        Tensor x = rng.randn(DType.F32, 3, 4);
        assertClose(model.forward(x), x.rmsNorm(1, model.stateDict().get("weights.w"), 1e-5));
    }

    @Test
    void aProductTakesItsBiasAndReluAlong() {
        for (boolean gemm : new boolean[] {false, true}) {
            Proto graph = gemm
                    ? Proto.graph(
                            Proto.node("Gemm", "", new String[] {"x", "w", "b"}, "g")
                                    .message(5, whole("transB", "0")),
                            Proto.node("Relu", "", new String[] {"g"}, "y"))
                    : Proto.graph(
                            Proto.node("MatMul", "", new String[] {"x", "w"}, "p"),
                            Proto.node("Add", "", new String[] {"b", "p"}, "s"),
                            Proto.node("Relu", "", new String[] {"s"}, "y"));
            OnnxModel model = load(graph.message(5, Proto.floats("w", new long[] {4, 3}, random(12)))
                    .message(5, Proto.floats("b", new long[] {3}, random(3))));
            assertThat(model.explain()).contains("fused: product with bias and ReLU: 1", "nodes that run: 1");
            Tensor x = rng.randn(DType.F32, 5, 4);
            Tensor w = model.stateDict().get("weights.w");
            assertClose(
                    model.forward(x),
                    x.matmul(w).add(model.stateDict().get("weights.b")).relu());
        }
    }

    @Test
    void factorsAndTurnsOfAGemmStay() {
        Proto alpha = new Proto().text(1, "alpha").bytesOf32(2, 0.5f).number(20, 1);
        OnnxModel model = load(Proto.graph(
                        Proto.node("Gemm", "", new String[] {"x", "w", "b"}, "g")
                                .message(5, whole("transA", "1"))
                                .message(5, alpha),
                        Proto.node("Relu", "", new String[] {"g"}, "y"))
                .message(5, Proto.floats("w", new long[] {4, 3}, random(12)))
                .message(5, Proto.floats("b", new long[] {3}, random(3))));
        Tensor x = rng.randn(DType.F32, 4, 5);
        Tensor product =
                x.transpose().matmul(model.stateDict().get("weights.w")).mul(0.5);
        assertClose(
                model.forward(x),
                product.add(model.stateDict().get("weights.b")).relu());
    }

    @Test
    void roundingToStepsIsExact() {
        OnnxModel model = load(Proto.graph(
                        Proto.node("QuantizeLinear", "", new String[] {"x", "s", "z"}, "q"),
                        Proto.node("DequantizeLinear", "", new String[] {"q", "s", "z"}, "y"))
                .message(5, Proto.floats("s", new long[0], 0.1f))
                .message(5, Proto.tensor("z", 2).bytes(9, new byte[] {100})));
        assertThat(model.explain()).contains("fused: rounding to steps: 1", "nodes that run: 1");
        float[] x = new float[4000];
        float[] expected = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i - 2000) * 0.0137f;
            double step = Math.rint(x[i] / 0.1f) + 100;
            expected[i] = (float) (Math.clamp(step, 0, 255) - 100) * 0.1f;
        }
        assertThat(Arrays.equals(model.forward(Tensor.of(x)).toFloatArray(), expected))
                .isTrue();
    }

    @Test
    void sizesOfAReshapeAreComputedFromShapes() {
        OnnxModel model = load(Proto.graph(
                        Proto.node("Shape", "", new String[] {"x"}, "s"),
                        Proto.node("Gather", "", new String[] {"s", "i"}, "g"),
                        Proto.node("Unsqueeze", "", new String[] {"g", "zero"}, "u"),
                        Proto.node("Mul", "", new String[] {"u", "two"}, "t"),
                        Proto.node("Concat", "", new String[] {"t", "rest"}, "c")
                                .message(5, whole("axis", "0")),
                        Proto.node("Reshape", "", new String[] {"x", "c"}, "y"))
                .message(5, longs("i", new long[0], -1))
                .message(5, longs("zero", new long[] {1}, 0))
                .message(5, longs("two", new long[] {1}, 2))
                .message(5, longs("rest", new long[] {1}, -1)));
        assertThat(model.explain()).contains("nodes that run: 1");
        assertThat(model.forward(Tensor.zeros(4, 3)).shape().toArray()).containsExactly(6, 2);
        assertThat(model.forward(Tensor.zeros(2, 5)).shape().toArray()).containsExactly(10, 1);
    }

    private static Proto longs(String name, long[] dims, long value) {
        return Proto.tensor(name, 7, dims).number(7, value);
    }
}
