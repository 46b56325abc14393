package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What neural networks are made of, as functions of a {@link Tensor}; convolutions are {@link ConvolutionMethods}, poolings
 * {@link PoolingMethods}.
 */
public sealed interface NeuralMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /** Operands of which only the last may be absent. */
    private static Tensor[] present(@Nullable Tensor... operands) {
        int last = operands.length - 1;
        return Arrays.copyOf(operands, operands[last] == null ? last : operands.length, Tensor[].class);
    }

    /**
     * {@return {@code e^x / sum(e^x)} along a dimension, without overflow for large x} Floating-point types.
     *
     * @param dim the dimension that sums to 1; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor softmax(int dim) {
        return self().apply(new Softmax(self().shape().dim(dim, "softmax"), false));
    }

    /**
     * {@return the logarithm of {@link #softmax} along a dimension, {@code x - log(sum(e^x))}, accurate even where the
     * softmax rounds to 0}
     *
     * @param dim the dimension that sums to 1; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor logSoftmax(int dim) {
        return self().apply(new Softmax(self().shape().dim(dim, "log_softmax"), true));
    }

    /**
     * The product with a transposed matrix, plus a bias: {@code this weight^T + bias}, as in a linear layer.
     *
     * @param weight {@code [n, k]} for this {@code [..., k]}
     * @param bias {@code [n]}, or null
     * @return {@code [..., n]}
     * @throws TensorException if types differ or are not floating-point, or the shapes don't match
     */
    default Tensor linear(Tensor weight, @Nullable Tensor bias) {
        return linear(weight, bias, LinearProduct.Activation.NONE);
    }

    /**
     * {@code relu(this weight^T + bias)} in a single pass over the result, bit for bit equal to {@link #linear}
     * followed by {@link Tensor#relu relu}.
     *
     * @param weight {@code [n, k]} for this {@code [..., k]}
     * @param bias {@code [n]}, or null
     * @return {@code [..., n]}
     * @throws TensorException if types differ or are not floating-point, or the shapes don't match
     */
    default Tensor linearRelu(Tensor weight, @Nullable Tensor bias) {
        return linear(weight, bias, LinearProduct.Activation.RELU);
    }

    private Tensor linear(Tensor weight, @Nullable Tensor bias, LinearProduct.Activation activation) {
        return Tensor.apply(new LinearProduct(activation), present(self(), weight, bias));
    }

    /**
     * {@return the rows of this table {@code [rows, d]} that an index names: {@code [..., d]} for an index {@code [...]}}
     *
     * @param index row numbers from 0, of {@link DType#I64} or {@link DType#I32} and any shape
     * @throws TensorException if a number is outside the table
     */
    default Tensor embedding(Tensor index) {
        return self().indexSelect(0, index);
    }

    /**
     * {@return this tensor with elements zeroed at random and the others divided by {@code 1 - p} (Srivastava et al. 2014)}
     * The choice depends only on the seed and the position of the random stream, so devices agree.
     *
     * @param p the probability that an element becomes 0, from 0 to 1
     * @param rng the source of random numbers
     * @throws TensorException if p is outside its range
     */
    default Tensor dropout(double p, Rng rng) {
        if (p == 0) {
            return self();
        }
        long blocks = (self().shape().elements() + 3) / 4;
        Rng.Position first = rng.take(blocks);
        return self().apply(new RandomDropout(p, first.seed(), first.counter()));
    }

    /**
     * Cross-entropy of these logits {@code [n, c]} and class numbers: for smoothing e, weights w and class t a row's loss is
     * {@code -(1 - e) w_t logp_t - e/c sum_j(w_j logp_j)}, where logp is the {@linkplain #logSoftmax log-softmax} of the
     * row; the mean divides by the sum of all {@code w_t} (Szegedy et al. 2015, arXiv:1512.00567; PyTorch's conventions).
     *
     * @param classes {@code [n]} of type {@link DType#I64} or {@link DType#I32}, from 0 to c - 1
     * @param weight a weight for each class {@code [c]}, or null
     * @param reduction how the rows' losses combine
     * @param ignoreIndex rows of this class are ignored; {@code -100} is PyTorch's default
     * @param labelSmoothing how much of the target is spread over all classes, from 0 to 1
     * @return the loss, a scalar, or {@code [n]} without reduction
     * @throws TensorException if shapes or types don't match, or a class is outside its range
     */
    default Tensor crossEntropy(
            Tensor classes, @Nullable Tensor weight, Reduction reduction, long ignoreIndex, double labelSmoothing) {
        CrossEntropy op = new CrossEntropy(reduction, ignoreIndex, labelSmoothing);
        return Tensor.applyAll(op, present(self(), Positions.wide("cross_entropy", "classes", classes), weight))[0];
    }

    /**
     * The mean cross-entropy of these logits {@code [n, c]} and class numbers, {@code -log(softmax(logits)[class])}.
     * Rows of class -100 are ignored, as in PyTorch.
     *
     * @param classes {@code [n]} of type {@link DType#I64} or {@link DType#I32}, from 0 to c - 1
     * @return a scalar
     * @throws TensorException if shapes or types don't match, or a class is outside its range
     */
    default Tensor crossEntropy(Tensor classes) {
        return crossEntropy(classes, null, Reduction.MEAN, -100, 0);
    }

    /**
     * {@return {@code (x - mean) / sqrt(variance + epsilon) * weight + bias} with the mean and the biased variance over the
     * last dimensions (Ba et al. 2016, arXiv:1607.06450)} 16-bit types are computed in F32.
     *
     * @param dims how many of the last dimensions are normalized together
     * @param weight of the normalized dimensions' shape, or null
     * @param bias of the normalized dimensions' shape, or null; null if the weight is
     * @param epsilon added to the variance to avoid division by 0; 1e-5 in most models
     * @throws TensorException if there are fewer dimensions, or weight, bias or types do not fit
     */
    default Tensor layerNorm(int dims, @Nullable Tensor weight, @Nullable Tensor bias, double epsilon) {
        LayerNormalization op = new LayerNormalization(dims, epsilon);
        if (weight == null && bias != null) {
            throw new TensorException(
                    "layer_norm: a bias without a weight (expected both, the weight alone, or neither);"
                            + " give a weight of ones");
        }
        return weight == null ? Tensor.applyAll(op, self())[0] : Tensor.applyAll(op, present(self(), weight, bias))[0];
    }

    /**
     * A tensor normalized over the batch, and the statistics that it was normalized by.
     *
     * @param output the normalized tensor, of the operand's shape
     * @param mean the mean of each channel, {@code [c]}; F32 for 16-bit types
     * @param variance the biased variance of each channel, {@code [c]}
     */
    record BatchNormResult(Tensor output, Tensor mean, Tensor variance) {
        /** Holds the given values, none of which may be null. */
        public BatchNormResult {
            Objects.requireNonNull(output, "output");
            Objects.requireNonNull(mean, "mean");
            Objects.requireNonNull(variance, "variance");
        }
    }

    /**
     * {@return the normalization of every channel of this {@code [n, c, ...]} tensor by the batch's own mean and biased
     * variance (Ioffe and Szegedy 2015, arXiv:1502.03167):
     * {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}}
     *
     * @param weight a factor for each channel, {@code [c]}
     * @param bias what is added to each channel, {@code [c]}
     * @param epsilon added to the variance to avoid division by 0; 1e-5 in most models
     * @throws TensorException if the shapes don't match, or a channel has a single value, of which nothing would be left
     *     (as in PyTorch)
     */
    default BatchNormResult batchNorm(Tensor weight, Tensor bias, double epsilon) {
        Shape shape = self().shape();
        if (shape.rank() >= 2 && !shape.isEmpty() && shape.elements() == shape.size(1)) {
            throw new TensorException("batch_norm: input " + self().spec()
                    + " has 1 value per channel (expected 2 or more); use larger batches, or batchNormInference with"
                    + " running statistics");
        }
        Tensor[] results = Tensor.applyAll(new BatchNormalization(epsilon), self(), weight, bias);
        return new BatchNormResult(results[0], results[1], results[2]);
    }

    /**
     * Scaled dot-product attention of these queries {@code [..., l, e]}:
     * {@code softmax(q k^T / sqrt(e) + mask) v} (Vaswani et al. 2017, arXiv:1706.03762). A query that sees no key, because
     * the mask hides all of them or because there are none, gets zeros.
     *
     * @param keys {@code [..., s, e]}
     * @param values {@code [..., s, v]}
     * @param mask numbers that are added to the scores; or a mask of type {@link DType#BOOL}, true where a query sees a
     *     key; or null. It broadcasts to {@code [..., l, s]}
     * @param causal whether query i sees only the keys up to number i, in addition to what the mask says
     * @return {@code [..., l, v]}
     * @throws TensorException if shapes or types don't match
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
        if (mask != null && mask.dtype().isInteger()) {
            throw new TensorException(
                    "attention: mask " + mask.spec() + " (expected BOOL, true where a query sees a key,"
                            + " or floating-point numbers, which are added to the scores); compare it: mask.ne(0)");
        }
        return mask == null || mask.dtype().isFloating()
                ? mask
                : Tensor.full(0, self().dtype(), mask.device())
                        .expand(mask.shape())
                        .maskedFill(mask.not(), Double.NEGATIVE_INFINITY);
    }

    /**
     * Scaled dot-product attention with dropout of its weights, as in PyTorch. With a probability above 0 it is composed of
     * single operations, which need memory for all weights {@code [..., l, s]}.
     *
     * @param keys {@code [..., s, e]} for these queries {@code [..., l, e]}
     * @param values {@code [..., s, v]}
     * @param mask numbers that are added to the scores; or a mask of type {@link DType#BOOL}, true where a query sees a
     *     key; or null. It broadcasts to {@code [..., l, s]}
     * @param causal whether query i sees only the keys up to number i, in addition to what the mask says
     * @param dropout the probability that a weight is zeroed, from 0 to 1
     * @param rng the source of random numbers
     * @return {@code [..., l, v]}
     * @throws TensorException if shapes or types don't match
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
}
