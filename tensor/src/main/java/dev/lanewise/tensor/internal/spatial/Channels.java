package dev.lanewise.tensor.internal.spatial;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;

/** Values of the channels of {@code [n, c, ...]}. */
public final class Channels {
    private Channels() {}

    /** One value per channel, {@code [c]}, shaped to broadcast over a tensor. */
    public static Tensor along(String op, Tensor x, Tensor values) {
        Shape shape = x.shape();
        if (shape.rank() < 2 || values.shape().rank() != 1 || values.shape().size(0) != shape.size(1)) {
            throw new TensorException(op + ": a value per channel " + values.spec() + " for " + x.spec()
                    + " (expected [c] for [n, c, ...]); check the shapes");
        }
        long[] sizes = new long[shape.rank() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = shape.size(1);
        return values.reshape(Shape.of(sizes));
    }
}
