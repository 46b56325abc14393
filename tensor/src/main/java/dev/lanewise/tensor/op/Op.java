package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;
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
                Convolution2d,
                Convolution2dInputGrad,
                Convolution2dWeightGrad,
                MaxPooling2d,
                MaxPooling2dGrad,
                AveragePooling2d,
                AveragePooling2dGrad,
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

    /** {@return the name in messages and documents: lower case, PyTorch's where PyTorch has the operation} */
    String opName();

    /** {@return the element types that the first operand may have} */
    Set<DType> dtypes();

    /**
     * {@return whether finite operands can give NaN or an infinity without any number being too large for its type:
     * outside the function's domain, or at a pole} {@code log} and {@code div} are partial, {@code exp} is not.
     */
    default boolean isPartial() {
        return false;
    }

    /**
     * What the results will be.
     *
     * @param in the operands' types and shapes
     * @return type and shape of each result
     * @throws dev.lanewise.tensor.TensorException if the operands don't match; the message names the operation, what
     *     was found, what was expected and a remedy
     */
    TensorSpec[] infer(TensorSpec... in);

    /** An operation that moves or reinterprets whole tensors; dispatch runs it, not a backend. */
    sealed interface Structural extends Op permits View, Transfer {
        @Override
        default Set<DType> dtypes() {
            return DType.ALL;
        }
    }

    /** An operation that only looks at the same memory in another way. */
    sealed interface View extends Structural permits Reshape, Permute, Expand, Slice {}

    /**
     * Several operations in one, because a benchmark shows that it pays off. A backend may decline it, and tests
     * compare it with its decomposition.
     */
    sealed interface Fused extends Op
            permits Softmax,
                    SoftmaxGrad,
                    LinearProduct,
                    Convolution2dRelu,
                    QuantizedProduct,
                    IntegerProduct,
                    DynamicQuantize,
                    RandomDropout,
                    CrossEntropy,
                    CrossEntropyGrad,
                    LayerNormalization,
                    LayerNormalizationGrad,
                    BatchNormalization,
                    BatchNormalizationGrad,
                    Attention,
                    AttentionGrad,
                    Recurrence,
                    RecurrenceGrad {
        /**
         * The same results by other operations.
         *
         * @param inputs the operands
         * @return the results, computed by other operations
         */
        Tensor[] decompose(Tensor[] inputs);
    }
}
