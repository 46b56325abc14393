package dev.lanewise.cuda;

import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.testkit.conformance.BackendConformance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The conformance suite on the CUDA backend whose kernels run on the host: a sample of operations and types, another one
 * with {@code -Dlanewise.cuda.sample=1} and further numbers, or all of them and their gradients with
 * {@code -Dlanewise.cuda.conformance=all}, or those whose names begin with that property's value. For numbers of threads it
 * takes orders of them.
 */
@ExtendWith(HostCuda.class)
final class HostConformanceTest extends BackendConformance {
    private static final String WANTED = System.getProperty("lanewise.cuda.conformance", "");

    private static final int SAMPLE = Integer.getInteger("lanewise.cuda.sample", 0);

    /** Of so many operations one is tried on F32. */
    private static final int SAMPLED = 16;

    /** Of so many combinations of an operation and another type one is tried. */
    private static final int SAMPLED_TYPES = 80;

    HostConformanceTest() {
        super(Device.cuda(0));
    }

    @Override
    protected boolean includes(Op op, DType dtype) {
        if (!WANTED.isEmpty()) {
            return WANTED.equals("all") || op.opName().startsWith(WANTED);
        }
        int one = dtype == DType.F32 ? SAMPLED : SAMPLED_TYPES;
        return dtype != DType.F64 && Math.floorMod((op + " " + dtype).hashCode() - SAMPLE, one) == 0;
    }

    /** Few: each call has kernels of its own, and the C++ compiler takes longer than they. */
    @Override
    protected int hostileCalls() {
        return WANTED.equals("all") ? super.hostileCalls() : 50;
    }

    @Override
    protected void useThreads(int threads) {
        HostDriver.Order order = threads == 1
                ? HostDriver.Order.FORWARDS
                : threads == 2 ? HostDriver.Order.BACKWARDS : HostDriver.Order.SHUFFLED;
        HostCudaProvider.driver().order(order);
    }
}
