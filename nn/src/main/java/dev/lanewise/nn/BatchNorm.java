package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.NeuralMethods;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * Normalization of every channel of {@code [n, c]} or {@code [n, c, ...]}: in training by the batch's statistics, which
 * running averages follow; in evaluation by those averages. Training needs two or more values per channel: a single
 * value is its own mean, and only the bias would be left. {@link BatchNorm1d} and {@link BatchNorm2d} are the same for
 * inputs of a given rank.
 */
public sealed class BatchNorm extends Layer permits BatchNorm1d, BatchNorm2d {
    private final double momentum;
    private final double epsilon;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * A normalization with an epsilon of 1e-5 and a momentum of 0.1.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @throws TensorException if {@code channels} is negative or above 2^48
     */
    public BatchNorm(long channels) {
        this(channels, 1e-5, 0.1);
    }

    /**
     * A normalization with the given epsilon and momentum, in PyTorch's order; weights start at 1 and biases at 0.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @param epsilon added to the variance
     * @param momentum the weight of a batch in the running statistics
     * @throws TensorException if {@code channels} is negative or above 2^48, epsilon is negative, or the momentum is not
     *     from 0 to 1
     */
    public BatchNorm(long channels, double epsilon, double momentum) {
        LayerSizes.checked("batch_norm", "channels", channels);
        if (!(epsilon >= 0 && momentum >= 0 && momentum <= 1)) {
            throw new TensorException("batch_norm: epsilon " + epsilon + " and momentum " + momentum
                    + " (expected 0 or more, and from 0 to 1); check their order");
        }
        this.momentum = momentum;
        this.epsilon = epsilon;
        weight = parameter("weight", Tensor.ones(channels));
        bias = parameter("bias", Tensor.zeros(channels));
        buffer("running_mean", Tensor.zeros(channels));
        buffer("running_var", Tensor.ones(channels));
        buffer("num_batches_tracked", Tensor.full(0, DType.I64, Device.CPU));
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (!isTraining()) {
            return x.batchNormInference(
                    buffer("running_mean"), buffer("running_var"), weight.tensor(), bias.tensor(), epsilon);
        }
        if (x.shape().elements() <= channels()) {
            throw new TensorException(
                    "batch_norm: input " + x.spec() + " has " + (x.shape().isEmpty() ? "0 values" : "1 value")
                            + " per channel (expected 2 or more in training); use larger batches, leave out the last"
                            + " incomplete one, or call eval()");
        }
        NeuralMethods.BatchNormResult result = x.batchNorm(weight.tensor(), bias.tensor(), epsilon);
        Autograd.noGrad(() -> follow(result.mean(), result.variance(), x.shape().elements()));
        return result.output();
    }

    /** {@return the number of channels c of inputs {@code [n, c, ...]}} */
    public long channels() {
        return weight.leaf().shape().size(0);
    }

    /** {@return what normalized channels are multiplied by, {@code [channels]}} */
    public Parameter weight() {
        return weight;
    }

    /** {@return what is added to normalized channels, {@code [channels]}} */
    public Parameter bias() {
        return bias;
    }

    /**
     * Keeps some of the channels, with their statistics, as {@link Parameter#keepSlices} does.
     *
     * @param kept the channels that stay, in their new order
     */
    public void keepChannels(long... kept) {
        Objects.requireNonNull(kept, "kept");
        weight.keepSlices(0, kept);
        bias.keepSlices(0, kept);
        for (String name : List.of("running_mean", "running_var")) {
            Tensor before = buffer(name);
            members.replaceBuffer(name, before.indexSelect(0, Tensor.of(kept).to(before.device())));
        }
    }

    /** Running statistics take the unbiased variance. */
    private void follow(Tensor mean, Tensor variance, long elements) {
        double n = (double) elements / mean.shape().elements();
        double unbiased = n > 1 ? n / (n - 1) : 1;
        move(buffer("running_mean"), mean);
        move(buffer("running_var"), variance.mul(unbiased));
        buffer("num_batches_tracked").assign(buffer("num_batches_tracked").add(1));
    }

    private void move(Tensor running, Tensor batch) {
        running.assign(running.mul(1 - momentum)
                .add(Autograd.detach(batch).to(running.dtype()).mul(momentum)));
    }

    static void checkRank(String name, Tensor x, int least, int most, String expected) {
        int rank = x.shape().rank();
        if (rank < least || rank > most) {
            throw new TensorException(
                    name + ": input " + x.spec() + " (expected " + expected + "); reshape it, or use BatchNorm");
        }
    }

    @Override
    protected String attributes() {
        return channels() + ", momentum=" + momentum + ", eps=" + epsilon;
    }
}
