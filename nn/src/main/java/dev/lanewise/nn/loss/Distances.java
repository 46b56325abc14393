package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Distances of rows, and what losses of several tensors check. */
final class Distances {
    private Distances() {}

    /** The p-norm of the differences along the last dimension, to each of which a number near 0 is added, as in PyTorch. */
    static Tensor distance(Tensor x, Tensor y, double p, double epsilon) {
        return x.sub(y).add(epsilon).norm(p, new int[] {-1}, Keep.REMOVE);
    }

    /** Tensors of one shape. */
    static void checkAlike(String name, Tensor first, Tensor... others) {
        for (Tensor other : others) {
            Losses.checkShapes(name, first, other);
        }
    }

    /** A target for each row. */
    static void checkRows(String name, Tensor rows, Tensor target) {
        int rank = rows.shape().rank();
        if (rank == 0 || !rows.shape().slice(0, rank - 1).equals(target.shape())) {
            throw new TensorException(name + ": rows " + rows.spec() + " and target " + target.spec()
                    + " (expected [..., d] and [...], one target for each row); reshape the target?");
        }
    }

    static Tensor wide(Tensor x) {
        return Autocast.widened(x);
    }
}
