package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CublasStatus.check;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.generated.cublas.cublasLtMatmulAlgo_t;
import dev.lanewise.cuda.generated.cublas.cublasLtMatmulHeuristicResult_t;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** {@link CublasLt} on the generated bindings. */
final class NativeCublasLt implements CublasLt {
    NativeCublasLt() {}

    @Override
    public Version version() {
        return Libraries.require(NativeLibrary.CUBLAS_LT).version();
    }

    @Override
    public Handle create() {
        MemorySegment handle = Scratch.get();
        check("cublasLtCreate", CublasBindings.cublasLtCreate(handle));
        return new Handle(Scratch.readHandle(handle));
    }

    @Override
    public void destroy(Handle handle) {
        check("cublasLtDestroy", CublasBindings.cublasLtDestroy(handle.address()));
    }

    @Override
    public Matmul createMatmul(ComputeType compute, DataType scale) {
        MemorySegment matmul = Scratch.get();
        check(
                "cublasLtMatmulDescCreate",
                CublasBindings.cublasLtMatmulDescCreate(matmul, compute.code(), scale.cublasCode()));
        return new Matmul(Scratch.readHandle(matmul), scale);
    }

    @Override
    public void setTransposed(Matmul matmul, boolean a, boolean b) {
        setInt(matmul, CublasBindings.CUBLASLT_MATMUL_DESC_TRANSA(), transposition(a));
        setInt(matmul, CublasBindings.CUBLASLT_MATMUL_DESC_TRANSB(), transposition(b));
    }

    private static int transposition(boolean transposed) {
        return transposed ? CublasBindings.CUBLAS_OP_T() : CublasBindings.CUBLAS_OP_N();
    }

    @Override
    public void setEpilogue(Matmul matmul, Epilogue epilogue) {
        setInt(matmul, CublasBindings.CUBLASLT_MATMUL_DESC_EPILOGUE(), epilogue.code());
    }

    @Override
    public void setBias(Matmul matmul, long address, DataType type) {
        setLong(matmul, CublasBindings.CUBLASLT_MATMUL_DESC_BIAS_POINTER(), address);
        setInt(matmul, CublasBindings.CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE(), type.cublasCode());
    }

    private static void setInt(Matmul matmul, int attribute, int value) {
        MemorySegment scratch = Scratch.get();
        scratch.set(ValueLayout.JAVA_INT, 0, value);
        set(matmul, attribute, scratch, Integer.BYTES);
    }

    private static void setLong(Matmul matmul, int attribute, long value) {
        MemorySegment scratch = Scratch.get();
        scratch.set(ValueLayout.JAVA_LONG, 0, value);
        set(matmul, attribute, scratch, Long.BYTES);
    }

    private static void set(Matmul matmul, int attribute, MemorySegment value, long bytes) {
        check(
                "cublasLtMatmulDescSetAttribute",
                CublasBindings.cublasLtMatmulDescSetAttribute(matmul.address(), attribute, value, bytes));
    }

    @Override
    public void destroy(Matmul matmul) {
        check("cublasLtMatmulDescDestroy", CublasBindings.cublasLtMatmulDescDestroy(matmul.address()));
    }

    @Override
    public Layout createLayout(DataType type, long rows, long columns, long stride) {
        MemorySegment layout = Scratch.get();
        check(
                "cublasLtMatrixLayoutCreate",
                CublasBindings.cublasLtMatrixLayoutCreate(layout, type.cublasCode(), rows, columns, stride));
        return new Layout(Scratch.readHandle(layout));
    }

    @Override
    public void setBatch(Layout layout, int count, long stride) {
        MemorySegment value = Scratch.get();
        value.set(ValueLayout.JAVA_INT, 0, count);
        set(layout, CublasBindings.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT(), value, Integer.BYTES);
        value.set(ValueLayout.JAVA_LONG, 0, stride);
        set(layout, CublasBindings.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET(), value, Long.BYTES);
    }

    private static void set(Layout layout, int attribute, MemorySegment value, long bytes) {
        check(
                "cublasLtMatrixLayoutSetAttribute",
                CublasBindings.cublasLtMatrixLayoutSetAttribute(layout.address(), attribute, value, bytes));
    }

    @Override
    public void destroy(Layout layout) {
        check("cublasLtMatrixLayoutDestroy", CublasBindings.cublasLtMatrixLayoutDestroy(layout.address()));
    }

    @Override
    public Preference createPreference(long workspaceBytes) {
        MemorySegment scratch = Scratch.get();
        check("cublasLtMatmulPreferenceCreate", CublasBindings.cublasLtMatmulPreferenceCreate(scratch));
        Preference preference = new Preference(Scratch.readHandle(scratch));
        scratch.set(ValueLayout.JAVA_LONG, 0, workspaceBytes);
        set(preference, CublasBindings.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES(), scratch, Long.BYTES);
        return preference;
    }

    @Override
    public void setAlignment(Preference preference, int a, int b, int c, int d) {
        setAlignment(preference, CublasBindings.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES(), a);
        setAlignment(preference, CublasBindings.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES(), b);
        setAlignment(preference, CublasBindings.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES(), c);
        setAlignment(preference, CublasBindings.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES(), d);
    }

    private static void setAlignment(Preference preference, int attribute, int bytes) {
        setInt(preference, attribute, bytes);
    }

    private static void setInt(Preference preference, int attribute, int value) {
        MemorySegment scratch = Scratch.get();
        scratch.set(ValueLayout.JAVA_INT, 0, value);
        set(preference, attribute, scratch, Integer.BYTES);
    }

    @Override
    public void sumPartsInComputeType(Preference preference) {
        setInt(
                preference,
                CublasBindings.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK(),
                CublasBindings.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE());
    }

    private static void set(Preference preference, int attribute, MemorySegment value, long bytes) {
        check(
                "cublasLtMatmulPreferenceSetAttribute",
                CublasBindings.cublasLtMatmulPreferenceSetAttribute(preference.address(), attribute, value, bytes));
    }

    @Override
    public void destroy(Preference preference) {
        check("cublasLtMatmulPreferenceDestroy", CublasBindings.cublasLtMatmulPreferenceDestroy(preference.address()));
    }

    @Override
    public List<Algorithm> algorithms(
            Handle handle, Matmul matmul, Layout a, Layout b, Layout c, Layout d, Preference preference, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment results = cublasLtMatmulHeuristicResult_t.allocateArray(count, arena);
            MemorySegment found = arena.allocate(ValueLayout.JAVA_INT);
            int status = CublasBindings.cublasLtMatmulAlgoGetHeuristic(
                    handle.address(),
                    matmul.address(),
                    a.address(),
                    b.address(),
                    c.address(),
                    d.address(),
                    preference.address(),
                    count,
                    results,
                    found);
            if (status == CublasBindings.CUBLAS_STATUS_NOT_SUPPORTED()) {
                return List.of();
            }
            check("cublasLtMatmulAlgoGetHeuristic", status);
            return usable(results, Scratch.readInt(found));
        }
    }

    private static List<Algorithm> usable(MemorySegment results, int count) {
        List<Algorithm> algorithms = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            MemorySegment result = cublasLtMatmulHeuristicResult_t.asSlice(results, i);
            if (cublasLtMatmulHeuristicResult_t.state(result) == CublasBindings.CUBLAS_STATUS_SUCCESS()) {
                MemorySegment kept = Arena.ofAuto().allocate(cublasLtMatmulAlgo_t.layout());
                kept.copyFrom(cublasLtMatmulHeuristicResult_t.algo(result));
                algorithms.add(new Algorithm(kept, cublasLtMatmulHeuristicResult_t.workspaceSize(result)));
            }
        }
        return algorithms;
    }

    @Override
    public void matmul(
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
            Driver.Stream stream) {
        MemorySegment alphaAt = Scratch.get();
        MemorySegment betaAt = alphaAt.asSlice(Double.BYTES);
        matmul.scale().writeScale(alphaAt, alpha);
        matmul.scale().writeScale(betaAt, beta);
        check(
                "cublasLtMatmul",
                CublasBindings.cublasLtMatmul(
                        handle.address(),
                        matmul.address(),
                        alphaAt,
                        MemorySegment.ofAddress(a.address()),
                        a.layout().address(),
                        MemorySegment.ofAddress(b.address()),
                        b.layout().address(),
                        betaAt,
                        MemorySegment.ofAddress(c.address()),
                        c.layout().address(),
                        MemorySegment.ofAddress(d.address()),
                        d.layout().address(),
                        algorithm.algorithm(),
                        MemorySegment.ofAddress(workspace),
                        workspaceBytes,
                        stream.address()));
    }
}
