package dev.lanewise.cpu.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/** The specialised loops made so far; each is made when first asked for. */
@SuppressWarnings("EnumOrdinal") // rows and columns of dense tables that live no longer than this process
final class CpuKernels {
    private static final int DTYPES = DType.values().length;
    private static final AtomicReferenceArray<Loop> UNARY = table(Unary.values().length);
    private static final AtomicReferenceArray<Loop> UNARY_WITH = table(UnaryWith.Kind.values().length);
    private static final AtomicReferenceArray<Loop> BINARY = table(Binary.values().length);
    private static final AtomicReferenceArray<Loop> COMPARE = table(Compare.values().length);
    private static final AtomicReferenceArray<Loop> CAST = table(DTYPES);

    private CpuKernels() {}

    static Loop of(Unary op, DType dtype) {
        return cached(
                UNARY, op.ordinal(), dtype, () -> CpuExpressions.of(op, dtype).loop(dtype));
    }

    static Loop of(UnaryWith.Kind kind, DType dtype) {
        return cached(
                UNARY_WITH,
                kind.ordinal(),
                dtype,
                () -> CpuExpressions.of(kind, dtype).loop(dtype));
    }

    static Loop of(Binary op, DType dtype) {
        return cached(BINARY, op.ordinal(), dtype, () -> {
            Loop loop = CpuExpressions.of(op, dtype).loop(dtype);
            return BitwiseLoop.computes(op) ? new BitwiseLoop(op, dtype.bytes(), loop) : loop;
        });
    }

    static Loop of(Compare op, DType dtype) {
        return cached(
                COMPARE, op.ordinal(), dtype, () -> CpuExpressions.of(op, dtype).loop(dtype));
    }

    static Loop cast(DType from, DType to) {
        return cached(CAST, to.ordinal(), from, () -> Casts.loop(from, to));
    }

    private static AtomicReferenceArray<Loop> table(int rows) {
        return new AtomicReferenceArray<>(rows * DTYPES);
    }

    private static Loop cached(AtomicReferenceArray<Loop> table, int row, DType dtype, Supplier<Loop> maker) {
        int index = row * DTYPES + dtype.ordinal();
        Loop loop = table.get(index);
        if (loop != null) {
            return loop;
        }
        Loop made = maker.get();
        // of two threads that make one at once the first wins, so that there is one to compile
        return table.compareAndSet(index, null, made) ? made : table.get(index);
    }
}
