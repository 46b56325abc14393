package dev.lanewise.cpu.matrix;

import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;

/** Products of integer matrices by the definition: sums of 64 bits that wrap to the element type. */
final class IntegerProduct {
    private static final long GRAIN = 1 << 14;

    private IntegerProduct() {}

    static void run(GemmShape shape, MatrixOperand a, MatrixOperand b, MatrixBatch batch, long out) {
        DType dtype = shape.type();
        long rows = batch.outer() * batch.count() * shape.m();
        long rowWork = Math.max(1, (long) shape.n() * shape.k());
        Workers.forRange(rows, Math.max(1, GRAIN / rowWork), (from, to) -> {
            for (long row = from; row < to; row++) {
                long product = row / shape.m();
                long outer = product / batch.count();
                long inner = product % batch.count();
                long left = batch.offset(batch.a(), outer) + inner * shape.aBatch() + row % shape.m() * shape.aRow();
                long right = batch.offset(batch.b(), outer) + inner * shape.bBatch();
                row(
                        shape,
                        a.address() + left * dtype.bytes(),
                        b.address() + right * dtype.bytes(),
                        out + row * shape.n() * dtype.bytes());
            }
        });
    }

    private static void row(GemmShape shape, long a, long b, long out) {
        DType dtype = shape.type();
        long bytes = dtype.bytes();
        for (long j = 0; j < shape.n(); j++) {
            long sum = 0;
            for (long k = 0; k < shape.k(); k++) {
                sum += Access.integer(dtype, a + k * shape.aColumn() * bytes)
                        * Access.integer(dtype, b + (k * shape.bRow() + j * shape.bColumn()) * bytes);
            }
            Access.integer(dtype, out + j * bytes, sum);
        }
    }
}
