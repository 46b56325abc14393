package dev.lanewise.autograd;

import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.stream.IntStream;

/** Undoes broadcasting for gradients. */
final class Unbroadcast {
    private Unbroadcast() {}

    /** The sum of a gradient over the dimensions along which an operand of the given shape was repeated. */
    static Tensor to(Tensor gradient, Shape shape) {
        if (gradient.shape().equals(shape)) {
            return gradient;
        }
        int added = gradient.shape().rank() - shape.rank();
        int[] dims = IntStream.range(0, gradient.shape().rank())
                .filter(d -> d < added
                        || shape.size(d - added) == 1 && gradient.shape().size(d) != 1)
                .toArray();
        Tensor sum = dims.length == 0 ? gradient : gradient.sum(dims, Keep.KEEP);
        return sum.reshape(shape);
    }
}
