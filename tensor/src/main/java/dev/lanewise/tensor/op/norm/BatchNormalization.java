package dev.lanewise.tensor.op.norm;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Wide;
import dev.lanewise.tensor.op.Op;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Normalization of every channel by the batch's own mean and biased variance (Ioffe and Szegedy 2015, arXiv:1502.03167).
 * Operands: input {@code [n, c, ...]}, weight {@code [c]} and bias {@code [c]}. Results: the normalized tensor, and the
 * mean and the biased variance {@code [c]}, in F32 for 16-bit operands.
 *
 * @param epsilon added to the variance
 */
public record BatchNormalization(double epsilon) implements Op.Fused {
    /** Checks the attributes. */
    public BatchNormalization {
        Check.number("batch_norm", "epsilon", epsilon);
    }

    @Override
    public String opName() {
        return "batch_norm";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 3);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 2, Integer.MAX_VALUE, "[n, c, ...]");
        Shape channels = Shape.of(in[0].shape().size(1));
        if (in[0].shape().isEmpty() && !channels.isEmpty()) {
            throw Check.failure(
                    this,
                    "input " + in[0] + " has no elements to take a channel's mean of",
                    "leave empty batches out, or use batchNormInference");
        }
        if (!(in[1].shape().equals(channels) && in[2].shape().equals(channels))) {
            throw Check.failure(
                    this,
                    "weight " + in[1].shape() + " and bias " + in[2].shape() + " for input " + in[0].shape(),
                    "they must be " + channels);
        }
        TensorSpec statistic = Wide.statistic(in[0], channels);
        return new TensorSpec[] {in[0], statistic, statistic};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] in = Wide.of(inputs);
        Tensor x = in[0];
        int[] dims = others(x.shape().rank());
        Shape channel = channel(x.shape());
        Tensor mean = x.mean(dims, Keep.KEEP);
        Tensor centered = x.sub(mean);
        Tensor variance = centered.square().mean(dims, Keep.KEEP);
        Tensor y = centered.mul(variance.add(epsilon).rsqrt())
                .mul(in[1].reshape(channel))
                .add(in[2].reshape(channel));
        Shape flat = Shape.of(x.shape().size(1));
        return Wide.round(inputs[0].dtype(), 1, y, mean.reshape(flat), variance.reshape(flat));
    }

    /** Every dimension but the channels'. */
    static int[] others(int rank) {
        return IntStream.range(0, rank).filter(d -> d != 1).toArray();
    }

    /** The shape that broadcasts a value per channel over the input. */
    static Shape channel(Shape input) {
        long[] sizes = new long[input.rank()];
        Arrays.fill(sizes, 1);
        sizes[1] = input.size(1);
        return Shape.of(sizes);
    }
}
