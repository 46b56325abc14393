package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CublasStatus.check;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link Cublas} on the generated bindings. */
final class NativeCublas implements Cublas {
    NativeCublas() {}

    @Override
    public Version version() {
        return Libraries.require(NativeLibrary.CUBLAS).version();
    }

    @Override
    public Handle create() {
        MemorySegment handle = Scratch.get();
        check("cublasCreate_v2", CublasBindings.cublasCreate_v2(handle));
        return new Handle(Scratch.readHandle(handle));
    }

    @Override
    public void destroy(Handle handle) {
        check("cublasDestroy_v2", CublasBindings.cublasDestroy_v2(handle.address()));
    }

    @Override
    public void setStream(Handle handle, Driver.Stream stream) {
        check("cublasSetStream_v2", CublasBindings.cublasSetStream_v2(handle.address(), stream.address()));
    }

    @Override
    public void setWorkspace(Handle handle, long address, long bytes) {
        check(
                "cublasSetWorkspace_v2",
                CublasBindings.cublasSetWorkspace_v2(handle.address(), MemorySegment.ofAddress(address), bytes));
    }

    @Override
    public void gemm(
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
            ComputeType compute) {
        MemorySegment alphaAt = Scratch.get();
        MemorySegment betaAt = alphaAt.asSlice(Double.BYTES);
        writeScale(compute, alphaAt, alpha);
        writeScale(compute, betaAt, beta);
        check(
                "cublasGemmStridedBatchedEx",
                CublasBindings.cublasGemmStridedBatchedEx(
                        handle.address(),
                        transposition(a),
                        transposition(b),
                        m,
                        n,
                        k,
                        alphaAt,
                        MemorySegment.ofAddress(a.address()),
                        a.type().cublasCode(),
                        a.leading(),
                        a.batchStride(),
                        MemorySegment.ofAddress(b.address()),
                        b.type().cublasCode(),
                        b.leading(),
                        b.batchStride(),
                        betaAt,
                        MemorySegment.ofAddress(c.address()),
                        c.type().cublasCode(),
                        c.leading(),
                        c.batchStride(),
                        batch,
                        compute.code(),
                        CublasBindings.CUBLAS_GEMM_DEFAULT()));
    }

    private static int transposition(Operand operand) {
        return operand.transposed() ? CublasBindings.CUBLAS_OP_T() : CublasBindings.CUBLAS_OP_N();
    }

    /** Alpha and beta have the type of the sums. */
    private static void writeScale(ComputeType compute, MemorySegment target, double value) {
        switch (compute) {
            case F32, TF32 -> target.set(ValueLayout.JAVA_FLOAT, 0, (float) value);
            case F64 -> target.set(ValueLayout.JAVA_DOUBLE, 0, value);
            case I32 -> target.set(ValueLayout.JAVA_INT, 0, (int) value);
        }
    }
}
