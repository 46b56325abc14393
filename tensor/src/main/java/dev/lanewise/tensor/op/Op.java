package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import java.util.Set;

/**
 * A primitive operation on tensors, as a value. Enums and records implement it; records carry the attributes.
 *
 * <p>{@link #infer} is the only place where operands are checked.
 */
public sealed interface Op
        permits Unary,
                UnaryWith,
                Binary,
                Compare,
                Ternary,
                Cast,
                Copy,
                Source,
                Reduce,
                ArgReduce,
                Scan,
                Sort,
                MatMul,
                Conv2d,
                Conv2dInputGrad,
                Conv2dWeightGrad,
                MaxPool2d,
                MaxPool2dGrad,
                AvgPool2d,
                AvgPool2dGrad,
                Cat,
                Pad,
                SliceGrad,
                IndexSelect,
                IndexAdd,
                Gather,
                Scatter,
                Linalg,
                Op.Structural,
                Op.Fused,
                Update {

    /** The name in messages and documents: lower case, PyTorch's where PyTorch has the operation. */
    String opName();

    /** The element types that the first operand may have. */
    Set<DType> dtypes();

    /**
     * Whether finite operands can give NaN or an infinity where no number is too large for its type: outside the
     * function's domain, or at a pole. {@code log} and {@code div} are such, {@code exp} is not.
     */
    default boolean isPartial() {
        return false;
    }

    /**
     * What the results will be.
     *
     * @param in the operands' types and shapes
     * @throws dev.lanewise.tensor.TensorException if the operands don't fit, naming the operation, what was found, what
     *     was expected and a remedy
     */
    TensorSpec[] infer(TensorSpec... in);

    /** An operation that moves or reinterprets whole tensors; dispatch runs it, no backend does. */
    sealed interface Structural extends Op permits View, Transfer {
        @Override
        default Set<DType> dtypes() {
            return DType.ALL;
        }
    }

    /** An operation that only looks at the same memory in another way. */
    sealed interface View extends Structural permits Reshape, Permute, Expand, Slice {}

    /**
     * Several operations in one, because a benchmark shows that it pays. A backend may decline it, and the tests compare
     * it with its decomposition.
     */
    sealed interface Fused extends Op
            permits Softmax,
                    SoftmaxGrad,
                    Linear,
                    Dropout,
                    CrossEntropy,
                    CrossEntropyGrad,
                    LayerNorm,
                    LayerNormGrad,
                    BatchNorm,
                    BatchNormGrad,
                    Attention,
                    AttentionGrad,
                    Recurrence,
                    RecurrenceGrad {
        /** The same results by other operations. */
        Tensor[] decompose(Tensor[] inputs);
    }
}
