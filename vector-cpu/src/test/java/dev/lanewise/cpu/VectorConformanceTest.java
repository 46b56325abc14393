package dev.lanewise.cpu;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.testkit.conformance.BackendConformance;
import org.junit.jupiter.api.AfterEach;

final class VectorConformanceTest extends BackendConformance {
    private final int threads = Workers.threads();

    /** Of so many combinations of an operation and another type than F32 one is tried. */
    private static final int SAMPLED = Integer.getInteger("lanewise.conformance.sampled", 1);

    VectorConformanceTest() {
        super(Device.CPU);
    }

    @Override
    protected boolean includes(Op op, DType dtype) {
        return dtype == DType.F32 || (op + " " + dtype).hashCode() % SAMPLED == 0;
    }

    @Override
    protected void useThreads(int count) {
        Workers.setThreads(count);
    }

    @AfterEach
    void restoreThreads() {
        Workers.setThreads(threads);
    }
}
