package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The factors {@code P A = L U} of square matrices, for the duration of a call. */
final class FactoredMatrices implements AutoCloseable {
    private final SmallMatrices call;
    private final CudaDevice device;
    private final int batch;
    private final DoubleMatrices matrices;
    private final ScratchMemory pivots;
    private final ScratchMemory info;

    /** The matrices of a tensor, not factored yet. */
    FactoredMatrices(SmallMatrices call, Tensor tensor) {
        this.call = call;
        device = call.device();
        batch = Math.toIntExact(call.count());
        matrices = new DoubleMatrices(device, call.program(), batch, call.size(), call.size());
        pivots = device.scratch((long) batch * call.size() * Integer.BYTES);
        info = device.scratch((long) batch * Integer.BYTES);
        matrices.read(tensor);
    }

    /** Queues the factorization. */
    void factor() {
        device.libraries()
                .cublas()
                .factorLu(
                        device.stream().cublas(),
                        call.size(),
                        matrices.addresses(),
                        pivots.address(),
                        info.address(),
                        batch);
    }

    /** Queues the solutions of the right-hand sides, in place. */
    void solve(DoubleMatrices rightSides) {
        device.libraries()
                .cublas()
                .solveLu(
                        device.stream().cublas(),
                        call.size(),
                        rightSides.columns(),
                        matrices.addresses(),
                        pivots.address(),
                        rightSides.addresses(),
                        batch);
    }

    /**
     * Waits and checks whether a matrix was singular.
     *
     * @throws TensorException naming the first one
     */
    void checkPivots() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(JAVA_INT, batch);
            device.copyOut(info.address(), numbers);
            for (int i = 0; i < batch; i++) {
                if (numbers.getAtIndex(JAVA_INT, i) != 0) {
                    throw new TensorException(call.describe(i) + " is singular; use SVD for least squares");
                }
            }
        }
    }

    /** The factors. */
    DoubleMatrices matrices() {
        return matrices;
    }

    /** The rows that were exchanged. */
    long pivots() {
        return pivots.address();
    }

    @Override
    public void close() {
        info.close();
        pivots.close();
        matrices.close();
    }
}
