package dev.lanewise.cpu;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.testkit.conformance.BackendConformance;
import org.junit.jupiter.api.AfterEach;

final class VectorConformanceTest extends BackendConformance {
    private final int threads = Workers.threads();

    /** Of so many combinations of an operation and a type one is tried; of those with F32 ten times as many. */
    private static final int SAMPLED = Integer.getInteger("lanewise.conformance.sampled", 1);

    VectorConformanceTest() {
        super(Device.CPU);
    }

    @Override
    protected boolean includes(Op op, DType dtype) {
        int sampled = dtype == DType.F32 ? Math.max(1, SAMPLED / 10) : SAMPLED;
        return (op + " " + dtype).hashCode() % sampled == 0;
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
