package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.internal.Dispatch;
import dev.lanewise.tensor.internal.StridedTensor;
import dev.lanewise.tensor.op.Op;

/** Where the elements of a tensor are, for backends. */
public final class Storage {
    private Storage() {}

    /**
     * {@return the memory, shared with views}
     *
     * @param tensor any tensor
     */
    public static Buffer buffer(Tensor tensor) {
        return ((StridedTensor) tensor).buffer();
    }

    /**
     * {@return the position of the first element in the buffer, in elements}
     *
     * @param tensor any tensor
     */
    public static long offset(Tensor tensor) {
        return ((StridedTensor) tensor).offset();
    }

    /**
     * Runs an operation that overwrites existing tensors, as optimizers do; it is not recorded.
     *
     * @param op the operation
     * @param outputs the tensors that are overwritten
     * @param operands the tensors that the operation reads
     */
    public static void update(Op op, Tensor[] outputs, Tensor... operands) {
        Dispatch.update(op, outputs, operands);
    }
}
