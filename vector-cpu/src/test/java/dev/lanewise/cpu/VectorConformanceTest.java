package dev.lanewise.cpu;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.testkit.conformance.BackendConformance;
import dev.lanewise.testkit.conformance.Layout;
import org.junit.jupiter.api.AfterEach;

/**
 * The conformance suite on all operations and types. Operations of a kind share the code that walks a layout: F32 is tried
 * in all layouts, every other type of an operation in the dense one and one of the others, so that each type meets each of
 * them in a fifth of the operations. {@code -Dlanewise.conformance.sample=1} and further numbers take other ones, and
 * {@code WholeConformanceTest} all.
 */
class VectorConformanceTest extends BackendConformance {
    private final int threads = Workers.threads();

    /** Of so many combinations of an operation and a type one is tried; of those with F32 ten times as many. */
    private static final int SAMPLED = Integer.getInteger("lanewise.conformance.sampled", 1);

    private static final int SAMPLE = Integer.getInteger("lanewise.conformance.sample", 0);

    private static final int OTHER_LAYOUTS = Layout.values().length - 1;

    VectorConformanceTest() {
        super(Device.CPU);
    }

    @Override
    protected boolean includes(Op op, DType dtype) {
        int sampled = dtype == DType.F32 ? Math.max(1, SAMPLED / 10) : SAMPLED;
        return (op + " " + dtype).hashCode() % sampled == 0;
    }

    @Override
    protected boolean includes(Op op, DType dtype, Layout layout) {
        return layout == Layout.CONTIGUOUS
                || dtype == DType.F32
                || Layout.values()[1 + Math.floorMod((op + " " + dtype).hashCode() - SAMPLE, OTHER_LAYOUTS)] == layout;
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
