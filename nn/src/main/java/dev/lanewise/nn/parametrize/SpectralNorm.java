package dev.lanewise.nn.parametrize;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.spatial.ConvTranspose1d;
import dev.lanewise.nn.spatial.ConvTranspose3d;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.stream.IntStream;

/**
 * Spectral normalization (Miyato et al. 2018, arXiv:1802.05957): the weight divided by its largest singular value, as a matrix
 * of one dimension by all others, so that a linear layer lengthens nothing. The value is found by power iteration, a step
 * whenever the weight is used in training. Saved as PyTorch's {@code parametrizations.weight.original} and {@code 0._u},
 * {@code 0._v}.
 */
public final class SpectralNorm extends Layer {
    private static final int FIRST_ITERATIONS = 15;

    /** The singular vectors found so far. */
    private static final class Vectors extends Layer {
        Vectors(Tensor u, Tensor v) {
            buffer("_u", u);
            buffer("_v", v);
        }

        Tensor u() {
            return buffer("_u");
        }

        Tensor v() {
            return buffer("_v");
        }
    }

    private final Parameter original;
    private final Vectors vectors;
    private final int[] order;
    private final int iterations;
    private final double epsilon;

    private SpectralNorm(Tensor weight, int dim, int iterations, double epsilon, Rng rng) {
        int rows = weight.shape().dim(dim, "spectral_norm");
        this.iterations = iterations;
        this.epsilon = epsilon;
        order = IntStream.concat(
                        IntStream.of(rows),
                        IntStream.range(0, weight.shape().rank()).filter(d -> d != rows))
                .toArray();
        original = parameter("original", weight.copy());
        Tensor matrix = matrix(weight);
        vectors = child("0", new Vectors(unit(random(rng, matrix, 0)), unit(random(rng, matrix, 1))));
        iterate(matrix, FIRST_ITERATIONS);
    }

    private static Tensor random(Rng rng, Tensor matrix, int dim) {
        return rng.randn(matrix.dtype(), matrix.shape().size(dim)).to(matrix.device());
    }

    private Tensor matrix(Tensor weight) {
        return weight.permute(order).flatten(1);
    }

    private Tensor unit(Tensor x) {
        return x.div(x.norm().clamp(epsilon, Double.POSITIVE_INFINITY));
    }

    private void iterate(Tensor matrix, int times) {
        Autograd.noGrad(() -> {
            for (int i = 0; i < times; i++) {
                vectors.u().assign(unit(matrix.matmul(vectors.v())));
                vectors.v().assign(unit(matrix.transpose().matmul(vectors.u())));
            }
        });
    }

    private Tensor value() {
        Tensor weight = original.tensor();
        Tensor matrix = matrix(weight);
        if (isTraining()) {
            iterate(Autograd.detach(matrix), iterations);
        }
        // copies: the next use changes the vectors before the gradients of this one are computed
        Tensor u = vectors.u().copy();
        Tensor v = vectors.v().copy();
        return weight.div(u.mul(matrix.matmul(v)).sum());
    }

    /**
     * Parametrizes a layer's weight by the dimension of its results, with one iteration for each use in training: by the
     * first one, of transposed convolutions by the second, as in PyTorch.
     *
     * @param <L> the kind of layer
     * @param layer the layer
     * @param name of the parameter, usually {@code weight}
     * @param rng gives the first vectors
     * @return the layer
     */
    public static <L extends Layer> L apply(L layer, String name, Rng rng) {
        return apply(layer, name, isTransposed(layer) ? 1 : 0, 1, 1e-12, rng);
    }

    private static boolean isTransposed(Layer layer) {
        return layer instanceof ConvTranspose1d || layer instanceof ConvTranspose2d || layer instanceof ConvTranspose3d;
    }

    /**
     * Divides a weight of a layer by its largest singular value from now on, with all options.
     *
     * @param <L> the kind of layer
     * @param layer the layer
     * @param name of the parameter, of two dimensions or more
     * @param dim the dimension of the matrix's rows: 0, or 1 for transposed convolutions
     * @param iterations how many for each use in training, 1 or more
     * @param epsilon keeps the norms by which vectors are divided from 0
     * @param rng gives the first vectors
     * @return the layer
     * @throws TensorException if the parameter is a vector, or there are no iterations
     */
    public static <L extends Layer> L apply(L layer, String name, int dim, int iterations, double epsilon, Rng rng) {
        Parameter parameter = Weights.of(layer, name);
        if (parameter.leaf().shape().rank() < 2 || iterations < 1) {
            throw new TensorException("spectral_norm: " + parameter.leaf().spec() + ", " + iterations
                    + " iterations (expected two dimensions or more, and 1 or more iterations); check them");
        }
        SpectralNorm parts = Autograd.noGrad(
                () -> new SpectralNorm(Autograd.detach(parameter.leaf()), dim, iterations, epsilon, rng));
        parts.freeze(parameter.isFrozen());
        layer.parametrize(name, parts, parts::value);
        return layer;
    }
}
