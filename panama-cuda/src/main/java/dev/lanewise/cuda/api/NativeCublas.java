package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CublasStatus.check;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link Cublas} on the generated bindings. */
final class NativeCublas implements Cublas {
    NativeCublas() {}

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
    public void factorLu(Handle handle, int n, long matrices, long pivots, long info, int batch) {
        check(
                "cublasDgetrfBatched",
                CublasBindings.cublasDgetrfBatched(handle.address(), n, at(matrices), n, at(pivots), at(info), batch));
    }

    @Override
    public void solveLu(Handle handle, int n, int columns, long matrices, long pivots, long rightSides, int batch) {
        MemorySegment info = Scratch.get();
        check(
                "cublasDgetrsBatched",
                CublasBindings.cublasDgetrsBatched(
                        handle.address(),
                        CublasBindings.CUBLAS_OP_N(),
                        n,
                        columns,
                        at(matrices),
                        n,
                        at(pivots),
                        at(rightSides),
                        n,
                        info,
                        batch));
        checkParameters("cublasDgetrsBatched", info);
    }

    @Override
    public void solveTriangle(Handle handle, boolean upper, int n, int columns, long matrix, long rightSide) {
        check(
                "cublasDtrsm_v2",
                CublasBindings.cublasDtrsm_v2(
                        handle.address(),
                        CublasBindings.CUBLAS_SIDE_LEFT(),
                        part(upper),
                        CublasBindings.CUBLAS_OP_N(),
                        CublasBindings.CUBLAS_DIAG_NON_UNIT(),
                        n,
                        columns,
                        one(),
                        at(matrix),
                        n,
                        at(rightSide),
                        n));
    }

    @Override
    public void solveTriangles(
            Handle handle, boolean upper, int n, int columns, long matrices, long rightSides, int batch) {
        check(
                "cublasDtrsmBatched",
                CublasBindings.cublasDtrsmBatched(
                        handle.address(),
                        CublasBindings.CUBLAS_SIDE_LEFT(),
                        part(upper),
                        CublasBindings.CUBLAS_OP_N(),
                        CublasBindings.CUBLAS_DIAG_NON_UNIT(),
                        n,
                        columns,
                        one(),
                        at(matrices),
                        n,
                        at(rightSides),
                        n,
                        batch));
    }

    private static int part(boolean upper) {
        return upper ? CublasBindings.CUBLAS_FILL_MODE_UPPER() : CublasBindings.CUBLAS_FILL_MODE_LOWER();
    }

    /** The factor of the right sides, which the library reads before the call returns. */
    private static MemorySegment one() {
        MemorySegment factor = Scratch.get();
        factor.set(ValueLayout.JAVA_DOUBLE, 0, 1);
        return factor;
    }

    @Override
    public void factorQr(Handle handle, int rows, int columns, long matrices, long factors, int batch) {
        MemorySegment info = Scratch.get();
        check(
                "cublasDgeqrfBatched",
                CublasBindings.cublasDgeqrfBatched(
                        handle.address(), rows, columns, at(matrices), rows, at(factors), info, batch));
        checkParameters("cublasDgeqrfBatched", info);
    }

    /** As LAPACK does: the number of a parameter that is wrong, negative. */
    private static void checkParameters(String call, MemorySegment info) {
        int wrong = Scratch.readInt(info);
        if (wrong != 0) {
            throw CudaException.failed(call, wrong, "info", "parameter " + -wrong + " is wrong");
        }
    }

    private static MemorySegment at(long address) {
        return MemorySegment.ofAddress(address);
    }
}
