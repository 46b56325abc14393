package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Magnitudes;
import dev.lanewise.tensor.internal.spatial.Channels;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Normalizations of a {@link Tensor}, in addition to {@link NeuralMethods#layerNorm} and
 * {@link NeuralMethods#batchNorm}.
 */
public sealed interface NormalizationMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the normalization of every channel by given statistics, as models use them after training:
     * {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}}
     *
     * @param mean the mean of each channel, {@code [c]} for this {@code [n, c, ...]}
     * @param variance the biased variance of each channel, {@code [c]}
     * @param weight a factor for each channel, {@code [c]}
     * @param bias what is added to each channel, {@code [c]}
     * @param epsilon added to the variance to avoid division by 0; 1e-5 in most models
     * @throws TensorException if they have other shapes
     */
    default Tensor batchNormInference(Tensor mean, Tensor variance, Tensor weight, Tensor bias, double epsilon) {
        String op = "batch_norm_inference";
        Shape sizes = weight.shape();
        if (!(mean.shape().equals(sizes)
                && variance.shape().equals(sizes)
                && bias.shape().equals(sizes))) {
            throw new TensorException(op + ": mean " + mean.spec() + ", variance " + variance.spec() + ", weight "
                    + weight.spec() + ", bias " + bias.spec() + " (expected [c] of each); check the shapes");
        }
        Tensor scale = weight.mul(variance.add(epsilon).rsqrt());
        Tensor shift = bias.sub(mean.mul(scale));
        return self().mul(Channels.along(op, self(), scale)).add(Channels.along(op, self(), shift));
    }

    /**
     * {@return the normalization of groups of neighbouring channels by their own mean and biased variance (Wu and He 2018,
     * arXiv:1803.08494)}
     *
     * @param groups a divisor of the channels of this {@code [n, c, ...]}
     * @param weight {@code [c]}, or null
     * @param bias {@code [c]}, or null
     * @param epsilon added to the variance to avoid division by 0; 1e-5 in most models
     * @throws TensorException if the groups do not divide the channels, or weight, bias or types do not fit
     */
    default Tensor groupNorm(int groups, @Nullable Tensor weight, @Nullable Tensor bias, double epsilon) {
        Shape shape = self().shape();
        if (shape.rank() < 2 || groups < 1 || shape.size(1) % groups != 0) {
            throw new TensorException("group_norm: " + groups + " groups of " + self().spec()
                    + " (expected [n, c, ...] with c a multiple of the groups); choose a divisor of the channels");
        }
        long perGroup = shape.slice(1, shape.rank()).elements() / groups;
        Tensor grouped = self().reshape(Shape.of(shape.size(0), groups, perGroup));
        Tensor normalized = Tensor.applyAll(new LayerNormalization(1, epsilon), grouped)[0].reshape(shape);
        Tensor scaled = weight == null ? normalized : normalized.mul(Channels.along("group_norm", self(), weight));
        return bias == null ? scaled : scaled.add(Channels.along("group_norm", self(), bias));
    }

    /**
     * {@return the normalization of every channel of every sample by its own mean and biased variance (Ulyanov et al. 2016,
     * arXiv:1607.08022)}
     *
     * @param weight {@code [c]} for this {@code [n, c, ...]}, or null
     * @param bias {@code [c]}, or null
     * @param epsilon added to the variance to avoid division by 0; 1e-5 in most models
     * @throws TensorException if the tensor has no channels, or weight, bias or types do not fit
     */
    default Tensor instanceNorm(@Nullable Tensor weight, @Nullable Tensor bias, double epsilon) {
        int channels =
                self().shape().rank() < 2 ? 1 : Math.toIntExact(self().shape().size(1));
        return groupNorm(channels, weight, bias, epsilon);
    }

    /**
     * {@return {@code x / sqrt(mean(x^2) + epsilon) * weight} over the last dimensions (Zhang and Sennrich 2019,
     * arXiv:1910.07467)} 16-bit types are normalized in F32.
     *
     * @param dims how many of the last dimensions are normalized together
     * @param weight of the normalized dimensions' shape, or null
     * @param epsilon added to the variance to avoid division by 0; 1e-5 in most models
     * @throws TensorException if there are fewer dimensions, or the weight or types do not fit
     */
    default Tensor rmsNorm(int dims, @Nullable Tensor weight, double epsilon) {
        int rank = self().shape().rank();
        if (dims < 1 || dims > rank) {
            throw new TensorException("rms_norm: the last " + dims + " dimensions of " + self().spec()
                    + " (expected 1 to " + rank + "); check the number");
        }
        Shape sizes = self().shape().slice(rank - dims, rank);
        if (weight != null && !weight.shape().equals(sizes)) {
            throw new TensorException(
                    "rms_norm: weight " + weight.shape() + " for input " + self().shape() + "; it must be " + sizes);
        }
        int[] last = IntStream.range(rank - dims, rank).toArray();
        Tensor normalized = Magnitudes.inF32(
                self(), x -> x.mul(x.square().mean(last, Keep.KEEP).add(epsilon).rsqrt()));
        return weight == null ? normalized : normalized.mul(weight);
    }
}
