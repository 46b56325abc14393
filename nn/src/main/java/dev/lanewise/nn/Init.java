package dev.lanewise.nn;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.function.Supplier;

/** Initial values of parameters, of type {@link DType#F32} on the CPU. */
public final class Init {
    private static final ThreadLocal<Boolean> SKIPPED = ThreadLocal.withInitial(() -> false);

    private Init() {}

    /**
     * Makes a model whose parameters are loaded afterwards, without drawing the random numbers that loading would
     * overwrite: in the body, this thread's initial values are zeros, and random streams do not advance.
     *
     * <pre>{@code
     * Gpt2 model = Init.skip(() -> new Gpt2(config));
     * Checkpoint.loadWeights(file, model);
     * }</pre>
     *
     * @param <T> the kind of model
     * @param body makes the model; numbers that it does not draw through this class are drawn as usual
     * @return what the body made
     */
    public static <T> T skip(Supplier<T> body) {
        boolean before = SKIPPED.get();
        SKIPPED.set(true);
        try {
            return body.get();
        } finally {
            SKIPPED.set(before);
        }
    }

    /**
     * Uniform numbers from a lower bound to below an upper one.
     *
     * @param rng the source of random numbers
     * @param low the least number
     * @param high the upper bound, which is excluded
     * @param sizes the shape
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if a size is negative, or the numbers are too many for memory
     */
    public static Tensor uniform(Rng rng, double low, double high, long... sizes) {
        if (SKIPPED.get()) {
            return Tensor.zeros(sizes);
        }
        try (Scope scope = Scope.open("init")) {
            return scope.keep(rng.rand(DType.F32, sizes).mul(high - low).add(low));
        }
    }

    /**
     * Normal numbers of a given mean and standard deviation.
     *
     * @param rng the source of random numbers
     * @param mean their mean
     * @param deviation their standard deviation
     * @param sizes the shape
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if a size is negative, or the numbers are too many for memory
     */
    public static Tensor normal(Rng rng, double mean, double deviation, long... sizes) {
        if (SKIPPED.get()) {
            return Tensor.zeros(sizes);
        }
        try (Scope scope = Scope.open("init")) {
            return scope.keep(rng.randn(DType.F32, sizes).mul(deviation).add(mean));
        }
    }

    /**
     * PyTorch's default for weights and biases of linear and convolutional layers: uniform on plus/minus
     * {@code 1 / sqrt(fan in)} (He et al. 2015, arXiv:1502.01852, with a = sqrt(5)).
     *
     * @param rng the source of random numbers
     * @param fanIn the number of inputs of each output
     * @param sizes the shape
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if a size is negative, or the numbers are too many for memory
     */
    public static Tensor fanIn(Rng rng, long fanIn, long... sizes) {
        double bound = fanIn == 0 ? 0 : 1 / Math.sqrt(fanIn);
        return uniform(rng, -bound, bound, sizes);
    }

    /**
     * Uniform numbers after Glorot and Bengio 2010: plus/minus {@code sqrt(6 / (fan in + fan out))} for
     * {@code [out, in, ...]}.
     *
     * @param rng the source of random numbers
     * @param sizes the shape, {@code [out, in, ...]}
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if there are fewer than two sizes, one is negative, or the numbers are too many for
     *     memory
     */
    public static Tensor xavierUniform(Rng rng, long... sizes) {
        Fans fans = Fans.of("xavier_uniform", sizes);
        double bound = Math.sqrt(6.0 / (fans.in + fans.out));
        return uniform(rng, -bound, bound, sizes);
    }

    /**
     * Normal numbers after Glorot and Bengio 2010: deviation {@code sqrt(2 / (fan in + fan out))} for
     * {@code [out, in, ...]}.
     *
     * @param rng the source of random numbers
     * @param sizes the shape, {@code [out, in, ...]}
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if there are fewer than two sizes, one is negative, or the numbers are too many for
     *     memory
     */
    public static Tensor xavierNormal(Rng rng, long... sizes) {
        Fans fans = Fans.of("xavier_normal", sizes);
        return normal(rng, 0, Math.sqrt(2.0 / (fans.in + fans.out)), sizes);
    }

    /**
     * Uniform numbers after He et al. 2015: plus/minus {@code sqrt(6 / fan in)} for {@code [out, in, ...]}, for ReLU
     * networks.
     *
     * @param rng the source of random numbers
     * @param sizes the shape, {@code [out, in, ...]}
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if there are fewer than two sizes, one is negative, or the numbers are too many for
     *     memory
     */
    public static Tensor kaimingUniform(Rng rng, long... sizes) {
        double bound = Math.sqrt(6.0 / Fans.of("kaiming_uniform", sizes).in);
        return uniform(rng, -bound, bound, sizes);
    }

    /**
     * Normal numbers after He et al. 2015: deviation {@code sqrt(2 / fan in)} for {@code [out, in, ...]}, for ReLU
     * networks.
     *
     * @param rng the source of random numbers
     * @param sizes the shape, {@code [out, in, ...]}
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if there are fewer than two sizes, one is negative, or the numbers are too many for
     *     memory
     */
    public static Tensor kaimingNormal(Rng rng, long... sizes) {
        return normal(rng, 0, Math.sqrt(2.0 / Fans.of("kaiming_normal", sizes).in), sizes);
    }

    /**
     * Normal numbers after He et al. 2015: deviation {@code sqrt(2 / fan out)} for {@code [out, in, ...]}, for ReLU
     * networks.
     *
     * @param rng the source of random numbers
     * @param sizes the shape, {@code [out, in, ...]}
     * @return a new tensor of type F32 on the CPU
     * @throws TensorException if there are fewer than two sizes, one is negative, or the numbers are too many for
     *     memory
     */
    public static Tensor kaimingNormalFanOut(Rng rng, long... sizes) {
        return normal(rng, 0, Math.sqrt(2.0 / Fans.of("kaiming_normal_fan_out", sizes).out), sizes);
    }

    /**
     * The numbers of inputs of each output, and of outputs of each input, of a weight.
     *
     * @param in at least 1, as a weight without elements has no numbers to be drawn
     * @param out likewise
     */
    private record Fans(double in, double out) {
        static Fans of(String name, long... sizes) {
            Shape shape = Shape.of(sizes);
            if (shape.rank() < 2) {
                throw new TensorException(
                        name + ": shape " + shape + " (expected [out, in, ...]); use normal or uniform for others");
            }
            double kernel = shape.slice(2, shape.rank()).elements();
            return new Fans(Math.max(1, shape.size(1) * kernel), Math.max(1, shape.size(0) * kernel));
        }
    }
}
