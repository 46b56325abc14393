package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.kernel.NetworkTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.StructWriter;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.util.Locale;

/** Products by a kernel of our own, for types and layouts that cuBLASLt does not support. */
final class PlainProduct {
    private static final int THREADS = 256;
    private static final long STRUCT_BYTES = 11 * Long.BYTES;

    private final CudaDevice device;

    PlainProduct(CudaDevice device) {
        this.device = device;
    }

    /** Queues the products of one batch. */
    void run(DType dtype, Matrix left, Matrix right, Batch batch, long out) {
        try (Arena arena = Arena.ofConfined()) {
            StructWriter shape = new StructWriter(arena, STRUCT_BYTES)
                    .i64(left.rows())
                    .i64(right.columns())
                    .i64(left.columns())
                    .i64(rowStride(left))
                    .i64(columnStride(left))
                    .i64(batch.left())
                    .i64(rowStride(right))
                    .i64(columnStride(right))
                    .i64(batch.right())
                    .i64(batch.size())
                    .i64(batch.out());
            long elements = batch.size() * left.rows() * right.columns();
            device.launch(
                    program(dtype),
                    () -> NetworkTemplates.product(dtype),
                    "product",
                    device.grid(elements, THREADS),
                    Block.of(THREADS),
                    0,
                    device.arguments()
                            .struct(shape.struct())
                            .pointer(left.address())
                            .pointer(right.address())
                            .pointer(out));
        }
    }

    private static long rowStride(Matrix matrix) {
        return matrix.byColumns() ? 1 : matrix.stride();
    }

    private static long columnStride(Matrix matrix) {
        return matrix.byColumns() ? matrix.stride() : 1;
    }

    static String program(DType dtype) {
        return "product_" + dtype.name().toLowerCase(Locale.ROOT);
    }
}
