package dev.lanewise.cpu;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Device;
import dev.lanewise.testkit.conformance.BackendConformance;
import org.junit.jupiter.api.AfterEach;

final class VectorConformanceTest extends BackendConformance {
    private final int threads = Workers.threads();

    VectorConformanceTest() {
        super(Device.CPU);
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
