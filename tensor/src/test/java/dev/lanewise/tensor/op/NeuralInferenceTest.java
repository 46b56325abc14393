package dev.lanewise.tensor.op;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Normalizations, losses, attention and recurrences infer type and shape, or say what is wrong. */
class NeuralInferenceTest {
    static Stream<Inference> inferred() {
        return Stream.of(
                Inference.inferred(new Softmax(1, false), "F16[2, 3]", "F16[2, 3]"),
                Inference.inferred(new SoftmaxGrad(new Softmax(1, false)), "F32[2, 3]; F32[2, 3]", "F32[2, 3]"),
                Inference.inferred(
                        new LayerNormalization(1, 1e-5), "F32[4, 8]; F32[8]; F32[8]", "F32[4, 8]; F32[4]; F32[4]"),
                Inference.inferred(
                        new LayerNormalizationGrad(new LayerNormalization(1, 1e-5)),
                        "F32[4, 8]; F32[4, 8]; F32[4]; F32[4]",
                        "F32[4, 8]; F32[8]; F32[8]"),
                Inference.inferred(new LayerNormalization(1, 1e-5), "BF16[4, 8]", "BF16[4, 8]; F32[4]; F32[4]"),
                Inference.inferred(
                        new LayerNormalization(1, 1e-5), "F16[4, 8]; F16[8]; F16[8]", "F16[4, 8]; F32[4]; F32[4]"),
                Inference.inferred(
                        new LayerNormalization(1, 1e-5), "F64[4, 8]; F64[8]; F64[8]", "F64[4, 8]; F64[4]; F64[4]"),
                Inference.inferred(
                        new LayerNormalizationGrad(new LayerNormalization(1, 1e-5)),
                        "F16[4, 8]; F16[4, 8]; F32[4]; F32[4]; F16[8]",
                        "F16[4, 8]; F16[8]; F16[8]"),
                Inference.inferred(
                        new BatchNormalization(1e-5),
                        "F32[4, 8, 2, 2]; F32[8]; F32[8]",
                        "F32[4, 8, 2, 2]; F32[8]; F32[8]"),
                Inference.inferred(
                        new BatchNormalization(1e-5),
                        "BF16[4, 8, 2, 2]; BF16[8]; BF16[8]",
                        "BF16[4, 8, 2, 2]; F32[8]; F32[8]"),
                Inference.inferred(
                        new BatchNormalization(1e-5), "F16[4, 8]; F16[8]; F16[8]", "F16[4, 8]; F32[8]; F32[8]"),
                Inference.inferred(
                        new BatchNormalizationGrad(new BatchNormalization(1e-5)),
                        "BF16[4, 8]; BF16[4, 8]; BF16[8]; F32[8]; F32[8]",
                        "BF16[4, 8]; BF16[8]; BF16[8]"),
                Inference.inferred(
                        new BatchNormalizationGrad(new BatchNormalization(1e-5)),
                        "F32[4, 8]; F32[4, 8]; F32[8]; F32[8]; F32[8]",
                        "F32[4, 8]; F32[8]; F32[8]"),
                Inference.inferred(
                        new CrossEntropy(Reduction.MEAN, -100, 0), "F32[4, 10]; I64[4]", "F32[]; F32[4, 10]"),
                Inference.inferred(
                        new CrossEntropy(Reduction.NONE, -100, 0), "F32[4, 10]; I64[4]; F32[10]", "F32[4]; F32[4, 10]"),
                Inference.inferred(
                        new CrossEntropyGrad(new CrossEntropy(Reduction.MEAN, -100, 0)),
                        "F32[]; F32[4, 10]; I64[4]",
                        "F32[4, 10]"),
                Inference.inferred(
                        new Attention(0.5, false),
                        "F32[2, 4, 5, 8]; F32[2, 4, 7, 8]; F32[2, 4, 7, 6]; F32[5, 7]",
                        "F32[2, 4, 5, 6]; F32[2, 4, 5]"),
                Inference.inferred(
                        new Attention(0.5, false),
                        "BF16[2, 5, 8]; BF16[2, 7, 8]; BF16[2, 7, 6]",
                        "BF16[2, 5, 6]; F32[2, 5]"),
                Inference.inferred(
                        new Attention(0.5, true),
                        "F16[2, 5, 8]; F16[2, 5, 8]; F16[2, 5, 6]",
                        "F16[2, 5, 6]; F32[2, 5]"),
                Inference.inferred(
                        new AttentionGrad(new Attention(0.5, true)),
                        "BF16[2, 5, 6]; BF16[2, 5, 8]; BF16[2, 7, 8]; BF16[2, 7, 6]; BF16[2, 5, 6]; F32[2, 5]",
                        "BF16[2, 5, 8]; BF16[2, 7, 8]; BF16[2, 7, 6]"),
                Inference.inferred(
                        new AttentionGrad(new Attention(0.5, true)),
                        "F32[2, 5, 6]; F32[2, 5, 8]; F32[2, 7, 8]; F32[2, 7, 6]; F32[2, 5, 6]; F32[2, 5]",
                        "F32[2, 5, 8]; F32[2, 7, 8]; F32[2, 7, 6]"),
                Inference.inferred(new RandomDropout(0.5, 1, 0), "F32[3]", "F32[3]"),
                Inference.inferred(
                        new Recurrence(Recurrence.Kind.GRU, false, false),
                        "F32[2, 5, 3]; F32[12, 3]; F32[12, 4]; F32[12]; F32[12]; F32[2, 4]",
                        "F32[2, 5, 4]; F32[2, 4]"),
                Inference.inferred(
                        new RecurrenceGrad(new Recurrence(Recurrence.Kind.RNN, false, false), false),
                        "F32[2, 5, 4]; F32[2, 5, 3]; F32[4, 3]; F32[4, 4]; F32[4]; F32[4]; F32[2, 4]; F32[2, 5, 4]",
                        "F32[2, 5, 3]; F32[4, 3]; F32[4, 4]; F32[4]; F32[4]; F32[2, 4]"));
    }

    static Stream<Inference> refused() {
        return Stream.of(
                Inference.refused(
                        new Softmax(2, false),
                        "F32[2, 3]",
                        "softmax: no dimension 2 in shape [2, 3] (expected -2 to 1); check the dimension"),
                Inference.refused(
                        new Softmax(0, true),
                        "I64[3]",
                        "log_softmax: does not take I64[3] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        new SoftmaxGrad(new Softmax(1, false)),
                        "F32[2, 3]; F32[2, 4]",
                        "softmax_grad: gradient F32[2, 3] and result F32[2, 4] differ in shape; give the forward result"),
                Inference.refused(
                        new LayerNormalization(1, 1e-5),
                        "F32[4, 8]; F32[4]; F32[8]",
                        "layer_norm: weight [4] for input [4, 8]; it must be [8]"),
                Inference.refused(
                        new LayerNormalization(3, 1e-5),
                        "F32[4, 8]",
                        "layer_norm: got F32[4, 8] of rank 2 (expected rank 3 or more: the last 3 are normalized); reshape it?"),
                Inference.refused(
                        new LayerNormalizationGrad(new LayerNormalization(1, 1e-5)),
                        "F32[4, 8]; F32[4, 8]; F32[4]; F32[4, 1]",
                        "layer_norm_grad: gradient F32[4, 8], mean F32[4] and deviation F32[4, 1] don't fit input F32[4, 8]; give what the forward pass gave"),
                Inference.refused(
                        new BatchNormalization(1e-5),
                        "F32[4, 8]; F32[4]; F32[8]",
                        "batch_norm: weight [4] and bias [8] for input [4, 8]; they must be [8]"),
                Inference.refused(
                        new BatchNormalizationGrad(new BatchNormalization(1e-5)),
                        "F32[4, 8]; F32[4, 8]; F32[8]; F32[4]; F32[8]",
                        "batch_norm_grad: gradient F32[4, 8], mean F32[4] and variance F32[8] don't fit input F32[4, 8]; give what the forward pass gave"),
                Inference.refused(
                        new CrossEntropy(Reduction.MEAN, -100, 0),
                        "F32[4, 10]; I64[5]",
                        "cross_entropy: logits [4, 10] and classes [5]; give one class number per row: [4]"),
                Inference.refused(
                        new CrossEntropy(Reduction.MEAN, -100, 0),
                        "F32[4, 10]; I64[4]; F32[9]",
                        "cross_entropy: logits [4, 10] and weights [9]; give one weight per class: [10]"),
                Inference.refused(
                        new CrossEntropyGrad(new CrossEntropy(Reduction.MEAN, -100, 0)),
                        "F32[4]; F32[4, 10]; I64[4]",
                        "cross_entropy_grad: upstream gradient F32[4] for a loss of shape []; give the gradient of the loss"),
                Inference.refused(
                        new Attention(0.5, false),
                        "F32[2, 5, 8]; F32[2, 7, 9]; F32[2, 7, 6]",
                        "scaled_dot_product_attention: queries [2, 5, 8], keys [2, 7, 9], values [2, 7, 6]; give [..., l, e], [..., s, e] and [..., s, v] with equal leading sizes"),
                Inference.refused(
                        new Attention(0.5, false),
                        "F32[2, 5, 8]; F32[2, 7, 8]; F32[2, 6, 6]",
                        "scaled_dot_product_attention: queries [2, 5, 8], keys [2, 7, 8], values [2, 6, 6]; give [..., l, e], [..., s, e] and [..., s, v] with equal leading sizes"),
                Inference.refused(
                        new AttentionGrad(new Attention(0.5, true)),
                        "F32[2, 5, 6]; F32[2, 5, 8]; F32[2, 7, 8]; F32[2, 7, 6]; F32[2, 5, 6]; F32[2, 5, 1]",
                        "scaled_dot_product_attention_grad: gradient F32[2, 5, 6] and results F32[2, 5, 6], F32[2, 5, 1] don't fit queries F32[2, 5, 8]; give what the forward pass gave"),
                Inference.refused(
                        new RandomDropout(0.5, 1, 0),
                        "I64[3]",
                        "dropout: does not take I64[3] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        new Recurrence(Recurrence.Kind.GRU, false, false),
                        "F32[2, 0, 3]; F32[12, 3]; F32[12, 4]; F32[12]; F32[12]; F32[2, 4]",
                        "gru: no times in the input [2, 0, 3]; give sequences of one or more"),
                Inference.refused(
                        new Recurrence(Recurrence.Kind.RNN, false, false),
                        "F32[2, 5, 3]; F32[12, 3]",
                        "rnn_tanh: got 2 operands [F32[2, 5, 3], F32[12, 3]] (expected 6); check the call"));
    }

    @ParameterizedTest
    @MethodSource("inferred")
    void typeAndShapeAreInferred(Inference each) {
        each.check();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void operandsThatDoNotFitAreNamed(Inference each) {
        each.check();
    }
}
