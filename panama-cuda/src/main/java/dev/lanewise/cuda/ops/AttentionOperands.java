package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sizes of one attention and the places of its operands, in the form of the kernels' {@code Problem}.
 *
 * @param op scale and causality
 * @param tensors queries, keys, values, upstream gradient, result and mask, those that are missing null
 */
record AttentionOperands(Attention op, @Nullable Tensor[] tensors) {
    private static final int READ_BYTES = 16;
    private static final int OPERANDS = 6;
    private static final int MASK = 5;
    private static final long OPERAND_BYTES = Walk.STRIDES_BYTES + 5 * 8;
    private static final long SIZES = Walk.DIMS_BYTES;
    private static final long FIRST_OPERAND = SIZES + 5 * 8;

    /** The bytes of {@code Problem}. */
    static final long BYTES = FIRST_OPERAND + OPERANDS * OPERAND_BYTES;

    /** The operands of the forward operation. */
    static AttentionOperands of(Attention op, Tensor[] in) {
        return new AttentionOperands(
                op, new @Nullable Tensor[] {in[0], in[1], in[2], null, null, in.length > 3 ? in[3] : null});
    }

    /** The operands of the backward operation. */
    static AttentionOperands of(AttentionGrad op, Tensor[] in) {
        return new AttentionOperands(
                op.forward(), new @Nullable Tensor[] {in[1], in[2], in[3], in[0], in[4], in.length > 6 ? in[6] : null});
    }

    private Tensor q() {
        return Objects.requireNonNull(tensors[0]);
    }

    private Tensor v() {
        return Objects.requireNonNull(tensors[2]);
    }

    DType type() {
        return q().dtype();
    }

    /** The product of the leading sizes. */
    long heads() {
        return q().shape().slice(0, q().shape().rank() - 2).elements();
    }

    long queries() {
        return q().shape().size(-2);
    }

    long keys() {
        return v().shape().size(-2);
    }

    /** Columns of a query and a key. */
    long width() {
        return q().shape().size(-1);
    }

    /** Columns of a value. */
    long valueWidth() {
        return v().shape().size(-1);
    }

    /** Writes the {@code Problem}. */
    void write(MemorySegment to) {
        int leading = q().shape().rank() - 2;
        long[][] strides = new long[OPERANDS][leading];
        for (int i = 0; i < OPERANDS; i++) {
            for (int d = 0; d < leading; d++) {
                strides[i][d] = stride(tensors[i], leading + 2 - d);
            }
        }
        Walk heads = new Walk(q().shape().slice(0, leading).toArray(), strides);
        heads.writeDims(to, 0);
        to.set(JAVA_LONG, SIZES, heads.elements());
        to.set(JAVA_LONG, SIZES + 8, queries());
        to.set(JAVA_LONG, SIZES + 16, keys());
        to.set(JAVA_LONG, SIZES + 24, op.causal() ? 1 : 0);
        to.set(JAVA_DOUBLE, SIZES + 32, op.scale());
        for (int i = 0; i < OPERANDS; i++) {
            write(tensors[i], heads, i, to.asSlice(FIRST_OPERAND + i * OPERAND_BYTES, OPERAND_BYTES));
        }
    }

    private static void write(@Nullable Tensor tensor, Walk heads, int operand, MemorySegment to) {
        to.set(JAVA_LONG, 0, tensor == null ? 0 : DeviceBuffer.address(tensor));
        if (tensor != null) {
            long at = 8 + Walk.STRIDES_BYTES;
            heads.writeStrides(operand, to, 8);
            to.set(JAVA_LONG, at, stride(tensor, 2));
            to.set(JAVA_LONG, at + 8, stride(tensor, 1));
            to.set(JAVA_LONG, at + 16, operand == MASK ? 0 : tensor.shape().size(-1));
            to.set(JAVA_LONG, at + 24, operand != MASK && isPacked(tensor) ? 1 : 0);
        }
    }

    /** Whether every row's elements lie side by side in aligned groups of as many bytes as a thread reads at once. */
    private static boolean isPacked(Tensor tensor) {
        int group = READ_BYTES / tensor.dtype().bytes();
        int last = tensor.shape().rank() - 1;
        return tensor.stride(last) == 1
                && tensor.shape().size(last) % group == 0
                && DeviceBuffer.address(tensor) % READ_BYTES == 0
                && Arrays.stream(tensor.strides()).limit(last).allMatch(stride -> stride % group == 0);
    }

    /** The stride of a dimension counted from the end, from 1; 0 where the tensor is missing or broadcasts. */
    private static long stride(@Nullable Tensor tensor, int fromEnd) {
        if (tensor == null) {
            return 0;
        }
        int d = tensor.shape().rank() - fromEnd;
        return d < 0 || tensor.shape().size(d) == 1 ? 0 : tensor.stride(d);
    }
}
