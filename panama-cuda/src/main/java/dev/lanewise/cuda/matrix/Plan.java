package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CublasLt.Algorithm;
import dev.lanewise.cuda.api.CublasLt.Layout;
import dev.lanewise.cuda.api.CublasLt.Matmul;
import dev.lanewise.cuda.api.CublasLt.Operand;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import java.util.List;
import java.util.Optional;

/**
 * A problem as cuBLASLt takes it, with the algorithm to run. cuBLASLt's matrices are column-major, where a row-major matrix
 * reads as its transpose; so {@code y = a b} is asked for as {@code y^T = b^T a^T}, with the right operand first, and no
 * operand is copied.
 */
final class Plan implements AutoCloseable {
    /** What cuBLASLt's fastest algorithms want on Hopper. */
    static final long WORKSPACE_BYTES = 32L << 20;

    private final CublasLt library;
    private final Matmul matmul;
    private final Layout right;
    private final Layout left;
    private final Layout out;
    private final DataType type;
    private final Algorithm algorithm;

    private Plan(CublasLt library, Problem problem, Matmul matmul, Layout right, Layout left, Layout out, Algorithm algorithm) {
        this.library = library;
        this.matmul = matmul;
        this.right = right;
        this.left = left;
        this.out = out;
        this.type = problem.type();
        this.algorithm = algorithm;
    }

    /**
     * The plan for a problem; empty if cuBLASLt has no algorithm.
     *
     * @param bias the address of a bias like those to come, or 0
     */
    static Optional<Plan> make(CudaDevice device, Problem problem, long bias) {
        CublasLt library = device.libraries().cublasLt();
        DataType scale = problem.type() == DataType.F64 ? DataType.F64 : DataType.F32;
        Matmul matmul = library.createMatmul(problem.compute(), scale);
        library.setTransposed(matmul, problem.right().byColumns(), problem.left().byColumns());
        library.setEpilogue(matmul, problem.epilogue());
        if (bias != 0) {
            library.setBias(matmul, bias, problem.type());
        }
        Layout right = layout(library, problem, problem.right(), problem.n(), problem.k());
        Layout left = layout(library, problem, problem.left(), problem.k(), problem.m());
        Layout out = library.createLayout(problem.type(), problem.n(), problem.m(), problem.n());
        library.setBatch(out, problem.batch(), problem.outBatch());
        List<Algorithm> algorithms = find(device, problem, matmul, right, left, out);
        if (algorithms.isEmpty()) {
            library.destroy(out);
            library.destroy(left);
            library.destroy(right);
            library.destroy(matmul);
            return Optional.empty();
        }
        return Optional.of(new Plan(library, problem, matmul, right, left, out, algorithms.getFirst()));
    }

    /** The layout of an operand that takes part as {@code rows} x {@code columns}, after a transposition where by columns. */
    private static Layout layout(CublasLt library, Problem problem, Problem.Operand operand, long rows, long columns) {
        Layout layout = operand.byColumns()
                ? library.createLayout(problem.type(), columns, rows, operand.stride())
                : library.createLayout(problem.type(), rows, columns, operand.stride());
        library.setBatch(layout, problem.batch(), operand.batch());
        return layout;
    }

    private static List<Algorithm> find(
            CudaDevice device, Problem problem, Matmul matmul, Layout right, Layout left, Layout out) {
        CublasLt library = device.libraries().cublasLt();
        CublasLt.Preference preference = library.createPreference(WORKSPACE_BYTES);
        try {
            int outAlignment = problem.outAlignment();
            library.setAlignment(
                    preference,
                    problem.right().alignment(),
                    problem.left().alignment(),
                    outAlignment,
                    outAlignment);
            return library.algorithms(device.cublasLt(), matmul, right, left, out, out, preference, 1);
        } finally {
            library.destroy(preference);
        }
    }

    /**
     * Queues the products. Threads take turns, because the bias is part of the description.
     *
     * @param bias its address, or 0
     */
    synchronized void run(CudaDevice device, long leftAddress, long rightAddress, long outAddress, long bias) {
        if (bias != 0) {
            library.setBias(matmul, bias, type);
        }
        Operand result = new Operand(outAddress, out);
        long bytes = algorithm.workspaceBytes();
        try (ScratchMemory workspace = device.scratch(bytes)) {
            library.matmul(
                    device.cublasLt(),
                    matmul,
                    1,
                    new Operand(rightAddress, right),
                    new Operand(leftAddress, left),
                    0,
                    result,
                    result,
                    algorithm,
                    bytes == 0 ? 0 : workspace.address(),
                    bytes,
                    device.stream().handle());
        }
    }

    @Override
    public void close() {
        library.destroy(out);
        library.destroy(left);
        library.destroy(right);
        library.destroy(matmul);
    }
}
