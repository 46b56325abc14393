package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;

/**
 * cuBLAS: {@code C = alpha * op(A) * op(B) + beta * C} on column-major matrices, where cuBLASLt has no algorithm. Every
 * method throws {@link CudaException} where the library reports an error.
 */
public interface Cublas {
    /** A library context, used by one thread at a time. */
    record Handle(MemorySegment address) {}

    /**
     * Matrices in device memory.
     *
     * @param address the first element
     * @param type the elements' type
     * @param transposed whether the matrices are used transposed
     * @param leading elements from one column to the next
     * @param batchStride elements from one matrix of a batch to the next
     */
    record Operand(long address, DataType type, boolean transposed, int leading, long batchStride) {}

    /** cuBLAS of this machine. */
    static Cublas open() {
        Libraries.require(NativeLibrary.CUBLAS);
        return new NativeCublas();
    }

    /** The library's version. */
    Version version();

    /** A context on the current device. */
    Handle create();

    /** Destroys a context. */
    void destroy(Handle handle);

    /** Queues the context's work on {@code stream} from here on. */
    void setStream(Handle handle, Driver.Stream stream);

    /** Gives the context device memory to work in, which a captured graph needs to keep. */
    void setWorkspace(Handle handle, long address, long bytes);

    /** Queues {@code batch} products of m x k by k x n matrices; {@code c} is read where beta is not 0, then written. */
    void gemm(
            Handle handle,
            int m,
            int n,
            int k,
            double alpha,
            Operand a,
            Operand b,
            double beta,
            Operand c,
            int batch,
            ComputeType compute);
}
