package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CublasLt.Algorithm;
import dev.lanewise.cuda.api.CublasLt.Operand;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A problem as cuBLASLt takes it, with the algorithm to run. */
final class Plan implements AutoCloseable {
    /** The workspace that cuBLASLt's fastest algorithms need on Hopper. */
    static final long WORKSPACE_BYTES = 32L << 20;

    private final CublasLt library;
    private final ProductDescriptors descriptors;
    private final DataType type;
    private final Algorithm algorithm;

    private Plan(CublasLt library, ProductDescriptors descriptors, DataType type, Algorithm algorithm) {
        this.library = library;
        this.descriptors = descriptors;
        this.type = type;
        this.algorithm = algorithm;
    }

    /**
     * The plan for a problem; empty if cuBLASLt has no algorithm.
     *
     * @param bias the address of a bias with the alignment of later ones, or 0
     */
    static Optional<Plan> make(CudaDevice device, Problem problem, long bias) {
        CublasLt library = device.libraries().cublasLt();
        ProductDescriptors descriptors = ProductDescriptors.of(library, problem, bias);
        List<Algorithm> algorithms;
        try {
            algorithms = find(device, problem, descriptors);
        } catch (RuntimeException e) {
            descriptors.destroy(library);
            throw e;
        }
        if (algorithms.isEmpty()) {
            descriptors.destroy(library);
            return Optional.empty();
        }
        return Optional.of(new Plan(library, descriptors, problem.type(), algorithms.getFirst()));
    }

    private static List<Algorithm> find(CudaDevice device, Problem problem, ProductDescriptors descriptors) {
        CublasLt library = device.libraries().cublasLt();
        CublasLt.Preference preference = library.createPreference(WORKSPACE_BYTES);
        try {
            int out = problem.outAlignment();
            // an algorithm reads the bias in the pieces in which it writes the result
            library.setAlignment(
                    preference,
                    problem.right().alignment(),
                    problem.left().alignment(),
                    out,
                    Math.min(out, problem.biasAlignment()));
            if (problem.type().bytes() == 2) {
                library.sumPartsInComputeType(preference);
            }
            return library.algorithms(
                    device.cublasLt(),
                    descriptors.matmul(),
                    descriptors.right(),
                    descriptors.left(),
                    descriptors.out(),
                    descriptors.out(),
                    preference,
                    1);
        } finally {
            library.destroy(preference);
        }
    }

    /**
     * Queues the products.
     *
     * @param bias its address, or 0
     */
    void run(CudaDevice device, long left, long right, long out, long bias) {
        run(device, 1, left, right, out, bias);
    }

    /** Threads take turns, because the bias is part of the description. */
    private synchronized void run(CudaDevice device, double alpha, long left, long right, long out, long bias) {
        if (bias != 0) {
            library.setBias(descriptors.matmul(), bias, type);
        }
        Operand result = new Operand(out, descriptors.out());
        long bytes = algorithm.workspaceBytes();
        try (ScratchMemory workspace = device.scratch(bytes)) {
            library.matmul(
                    device.cublasLt(),
                    descriptors.matmul(),
                    alpha,
                    new Operand(right, descriptors.right()),
                    new Operand(left, descriptors.left()),
                    0,
                    result,
                    result,
                    algorithm,
                    bytes == 0 ? 0 : workspace.address(),
                    bytes,
                    device.stream().handle());
        }
    }

    /**
     * Whether NaN stays NaN in its epilogue, determined by products with NaN written to {@code out}; waits for the
     * device. The library does not document how its ReLU treats NaN.
     */
    boolean keepsNaN(CudaDevice device, long left, long right, long out, long bias) {
        run(device, Double.NaN, left, right, out, bias);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment first = arena.allocate(type.bytes(), type.bytes());
            device.peek(out, first);
            return type.isNaN(first);
        }
    }

    @Override
    public void close() {
        descriptors.destroy(library);
    }
}
