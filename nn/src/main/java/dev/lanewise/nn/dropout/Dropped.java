package dev.lanewise.nn.dropout;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/** What is left out, and what is left. */
final class Dropped {
    private Dropped() {}

    /** The tensor with parts scaled by {@code 1 / (1 - p)} or, with probability p, zeroed; parts are what the first dimensions tell apart. */
    static Tensor times(Tensor x, int dimensions, double p, Rng rng) {
        return p == 0 || x.shape().isEmpty() ? x : x.mul(ones(x, dimensions).dropout(p, rng));
    }

    /** Ones that broadcast to the tensor, one for each part. */
    private static Tensor ones(Tensor x, int dimensions) {
        long[] sizes = x.shape().toArray();
        Arrays.fill(sizes, dimensions, sizes.length, 1);
        return Tensor.full(1, x.dtype(), x.device(), sizes);
    }
}
