package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Windows;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What neural networks are made of, as functions of a {@link Tensor}. Images are {@code [n, c, h, w]}. */
public sealed interface NeuralMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private static Tensor[] present(@Nullable Tensor... operands) {
        return Arrays.stream(operands).filter(Objects::nonNull).toArray(Tensor[]::new);
    }

    /** {@code e^x / sum(e^x)} along a dimension. */
    default Tensor softmax(int dim) {
        return self().apply(new Softmax(self().shape().dim(dim, "softmax"), false));
    }

    /** The logarithm of {@link #softmax}. */
    default Tensor logSoftmax(int dim) {
        return self().apply(new Softmax(self().shape().dim(dim, "log_softmax"), true));
    }

    /**
     * {@code this weight^T + bias}.
     *
     * @param weight {@code [n, k]} for this {@code [..., k]}
     * @param bias {@code [n]}, or null
     */
    default Tensor linear(Tensor weight, @Nullable Tensor bias) {
        return linear(weight, bias, LinearProduct.Activation.NONE);
    }

    /** {@code activation(this weight^T + bias)}; see {@link #linear(Tensor, Tensor)}. */
    default Tensor linear(Tensor weight, @Nullable Tensor bias, LinearProduct.Activation activation) {
        return Tensor.apply(new LinearProduct(activation), present(self(), weight, bias));
    }

    /** Two-dimensional convolution with stride 1, without padding; see {@link #conv2d(Tensor, Tensor, Window, int)}. */
    default Tensor conv2d(Tensor weight, @Nullable Tensor bias) {
        return convolved(weight, bias, new Convolution2d(1, 0));
    }

    /**
     * Two-dimensional convolution (cross-correlation) of this {@code [n, c, h, w]}: {@code [n, k, oh, ow]} with
     * {@code oh = floor((h + 2 padding - dilation (r - 1) - 1) / stride) + 1}, and {@code ow} likewise.
     *
     * @param weight {@code [k, c / groups, r, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code [r, s]}, with stride, padding and dilation
     * @param groups into how many independent groups the channels are divided
     * @throws TensorException if sizes don't fit each other, naming them
     */
    default Tensor conv2d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        return convolved(weight, bias, Windows.convolution2d("conv2d", window, image("conv2d", weight), groups, false));
    }

    private Tensor convolved(Tensor weight, @Nullable Tensor bias, Convolution2d attributes) {
        return Tensor.apply(attributes, present(self(), weight, bias));
    }

    private static Shape image(String op, Tensor weight) {
        if (weight.shape().rank() != 4) {
            throw new TensorException(op + ": weight " + weight.spec() + " (expected four dimensions); reshape it?");
        }
        return weight.shape();
    }

    /** The largest element of every window of this {@code [n, c, h, w]}; NaN if the window holds one. */
    default Tensor maxPool2d(Window window) {
        return Tensor.applyAll(new MaxPooling2d(Windows.pooling2d("max_pool2d", window, 2)), self())[0];
    }

    /**
     * The mean of every window of this {@code [n, c, h, w]}.
     *
     * @param countIncludePad whether padding counts as zeros rather than not at all
     */
    default Tensor avgPool2d(Window window, boolean countIncludePad) {
        return self().apply(new AveragePooling2d(Windows.pooling2d("avg_pool2d", window, 2), countIncludePad));
    }

    /** Rows of a table, this {@code [rows, d]}, by number: {@code [...] -> [..., d]}. */
    default Tensor embedding(Tensor index) {
        return self().indexSelect(0, index);
    }

    /** Zeroes elements with probability p and scales the others; see {@link RandomDropout}. */
    default Tensor dropout(double p, Rng rng) {
        if (p == 0) {
            return self();
        }
        long blocks = (self().shape().elements() + 3) / 4;
        Rng.Position first = rng.take(blocks);
        return self().apply(new RandomDropout(p, first.seed(), first.counter()));
    }

    /**
     * Cross-entropy of these logits {@code [n, c]} and class numbers.
     *
     * @param classes {@code [n]} of type {@link DType#I64} or {@link DType#I32}
     * @param weight a weight for each class {@code [c]}, or null
     * @param attributes reduction, ignored class and label smoothing
     */
    default Tensor crossEntropy(Tensor classes, @Nullable Tensor weight, CrossEntropy attributes) {
        return Tensor.applyAll(attributes, present(self(), Positions.wide(classes), weight))[0];
    }

    /** The mean cross-entropy of these logits {@code [n, c]} and class numbers {@code [n]}. */
    default Tensor crossEntropy(Tensor classes) {
        return crossEntropy(classes, null, new CrossEntropy(Reduction.MEAN, -100, 0));
    }

    /**
     * Normalization over the last dimensions; see {@link LayerNormalization}.
     *
     * @param dims how many
     * @param weight of the normalized dimensions' shape, or null
     * @param bias likewise; null if the weight is
     */
    default Tensor layerNorm(int dims, @Nullable Tensor weight, @Nullable Tensor bias, double epsilon) {
        return Tensor.applyAll(new LayerNormalization(dims, epsilon), present(self(), weight, bias))[0];
    }

    /**
     * A tensor normalized by the batch, and the statistics it was normalized by.
     *
     * @param output the normalized tensor, of the operand's shape
     * @param mean of each channel, {@code [c]}; F32 for types of 16 bits
     * @param variance the biased one of each channel, {@code [c]}
     */
    record BatchNormResult(Tensor output, Tensor mean, Tensor variance) {}

    /**
     * Normalization of every channel of this {@code [n, c, ...]} by the batch:
     * {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}; see {@link BatchNormalization}.
     *
     * @param weight {@code [c]}
     * @param bias {@code [c]}
     */
    default BatchNormResult batchNorm(Tensor weight, Tensor bias, double epsilon) {
        Tensor[] results = Tensor.applyAll(new BatchNormalization(epsilon), self(), weight, bias);
        return new BatchNormResult(results[0], results[1], results[2]);
    }

    /**
     * Scaled dot-product attention of these queries; see {@link Attention}. Scores are scaled by one over the square root
     * of the queries' width; queries without columns weigh all keys alike.
     *
     * @param mask is added to the scores; or of type {@link DType#BOOL}, true where a query sees a key; or null. It
     *     broadcasts to {@code [..., l, s]}. A query that sees no key gets zeros
     */
    default Tensor attention(Tensor keys, Tensor values, @Nullable Tensor mask, boolean causal) {
        Attention op = attention(causal);
        return Tensor.applyAll(op, present(self(), keys, values, added(mask)))[0];
    }

    private Attention attention(boolean causal) {
        return new Attention(1 / Math.sqrt(Math.max(1, self().shape().size(-1))), causal);
    }

    /** A mask to be added to the scores: minus infinity where a truth value hides a key. */
    private @Nullable Tensor added(@Nullable Tensor mask) {
        return mask == null || mask.dtype() != DType.BOOL
                ? mask
                : Tensor.full(0, self().dtype(), mask.device())
                        .expand(mask.shape())
                        .maskedFill(mask.not(), Double.NEGATIVE_INFINITY);
    }

    /**
     * Scaled dot-product attention with dropout of its weights, as PyTorch's has it; with a probability above 0 it is put
     * together from single operations, which need memory for all weights {@code [..., l, s]}.
     *
     * @param mask as without dropout
     * @param dropout the probability of a weight to be zeroed, from 0 to below 1
     * @param rng where chance comes from
     */
    default Tensor attention(
            Tensor keys, Tensor values, @Nullable Tensor mask, boolean causal, double dropout, Rng rng) {
        if (dropout == 0) {
            return attention(keys, values, mask, causal);
        }
        return attention(causal)
                .weights(self(), keys, added(mask))
                .dropout(dropout, rng)
                .matmul(values);
    }

    /**
     * What a recurrent layer computed.
     *
     * @param output the hidden states at every time, {@code [n, time, directions * hidden]}
     * @param lastStates each direction's last hidden state {@code [n, hidden]}, in an LSTM followed by its cell state
     */
    record RecurrenceResult(Tensor output, List<Tensor> lastStates) {}

    /**
     * One layer of a recurrent network over these sequences {@code [n, time, in]}; see {@link Recurrence}. Where the
     * device's backend does not have it as one operation, the layer runs step by step, and {@link Autocast} then decides
     * for each step's operations.
     *
     * @param op the kind of cells and the directions
     * @param parameters the operands that follow the input: weights, biases and first states of each direction
     */
    default RecurrenceResult recurrence(Recurrence op, Tensor... parameters) {
        Tensor[] operands = new Tensor[1 + parameters.length];
        if (operands.length != op.operands()) {
            throw new TensorException(op.opName() + ": got " + operands.length + " operands (expected " + op.operands()
                    + ": the input, then weights, biases and first states of each direction); check the call");
        }
        operands[0] = self();
        System.arraycopy(parameters, 0, operands, 1, parameters.length);
        Tensor[] results = Backends.of(self().device()).supports(op, operands)
                ? Tensor.applyAll(op, operands)
                : op.decompose(operands);
        return new RecurrenceResult(results[0], List.of(results).subList(1, op.results()));
    }
}
