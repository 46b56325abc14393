package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * cuBLASLt: {@code D = epilogue(alpha * op(A) * op(B) + beta * C)} on column-major matrices. Every method throws
 * {@link CudaException} where the library reports an error.
 */
public interface CublasLt {
    /** A library context; any number of threads may use it. */
    record Handle(MemorySegment address) {}

    /** What a product computes; {@code scale} is the type of alpha and beta. */
    record Matmul(MemorySegment address, DataType scale) {}

    /** A matrix's type, sizes and strides. */
    record Layout(MemorySegment address) {}

    /** What an algorithm may use. */
    record Preference(MemorySegment address) {}

    /**
     * A way to compute a product.
     *
     * @param algorithm the library's own description, 64 bytes
     * @param workspaceBytes the device memory it needs
     */
    record Algorithm(MemorySegment algorithm, long workspaceBytes) {}

    /** A matrix in device memory. */
    record Operand(long address, Layout layout) {}

    /** cuBLASLt of this machine. */
    static CublasLt open() {
        Libraries.require(NativeLibrary.CUBLAS_LT);
        return new NativeCublasLt();
    }

    /** The library's version. */
    Version version();

    /** A context on the current device. */
    Handle create();

    /** Destroys a context. */
    void destroy(Handle handle);

    /** A product of plain matrices without an epilogue. */
    Matmul createMatmul(ComputeType compute, DataType scale);

    /** Whether the operands are used transposed. */
    void setTransposed(Matmul matmul, boolean a, boolean b);

    /** What happens before the result is stored. */
    void setEpilogue(Matmul matmul, Epilogue epilogue);

    /** The bias, or the address for its gradient: a vector with as many elements as D has rows. */
    void setBias(Matmul matmul, long address, DataType type);

    /** Destroys the description of a product. */
    void destroy(Matmul matmul);

    /** A column-major matrix: {@code stride} elements from one column to the next. */
    Layout createLayout(DataType type, long rows, long columns, long stride);

    /** Makes it {@code count} matrices, {@code stride} elements apart; 0 uses the same one for all. */
    void setBatch(Layout layout, int count, long stride);

    /** Destroys a layout. */
    void destroy(Layout layout);

    /** Lets algorithms use up to {@code workspaceBytes} of device memory. */
    Preference createPreference(long workspaceBytes);

    /** Sets the alignment of operands, in bytes; the default is 256. */
    void setAlignment(Preference preference, int a, int b, int c, int d);

    /**
     * Lets algorithms that divide k sum the parts in the type that products are summed in only, not in that of the
     * result.
     */
    void sumPartsInComputeType(Preference preference);

    /** Destroys a preference. */
    void destroy(Preference preference);

    /** Up to {@code count} algorithms, the one expected to be fastest first; none if the product is not supported. */
    List<Algorithm> algorithms(
            Handle handle, Matmul matmul, Layout a, Layout b, Layout c, Layout d, Preference preference, int count);

    /** Queues a product. */
    void matmul(
            Handle handle,
            Matmul matmul,
            double alpha,
            Operand a,
            Operand b,
            double beta,
            Operand c,
            Operand d,
            Algorithm algorithm,
            long workspace,
            long workspaceBytes,
            Driver.Stream stream);
}
