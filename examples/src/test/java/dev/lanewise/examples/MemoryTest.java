package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What training leaves behind: nothing. The model is the MLP of the reference trainers with its batch of 128. */
final class MemoryTest {
    private static final int STEPS = 2_000;

    /** Without scopes: what may be unreachable and not yet given back (twice the limit of the reclaimer), and slack. */
    private static final long UNSCOPED_BOUND = (2 * 256L + 128) << 20;

    private final Layer model = MnistModels.mlp();
    private final Optimizer optimizer = new Sgd(model.parameters(), 0.01, Sgd.Options.momentum(0.9));
    private final Tensor x = new Rng(1).rand(DType.F32, 128, 1, 28, 28);
    private final Tensor y = new Rng(2).randint(0, 10, 128);

    private void step() {
        optimizer.step(Autograd.gradients(model.forward(x).crossEntropy(y)));
    }

    private void scopedSteps(int steps) {
        for (int i = 0; i < steps; i++) {
            try (var ignored = Scope.open("step")) {
                step();
            }
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void thousandsOfStepsInAScopeHoldMemoryFlat() throws IOException {
        // what other tests have left would go back meanwhile
        HostMemory.trim();
        scopedSteps(STEPS / 3);
        long system = HostMemory.bytesFromSystem();
        double growth = Double.MAX_VALUE;
        // what the compiler takes it takes once, sooner or later; what steps leave behind they leave in every round
        for (int round = 0; round < 5 && growth > 1.05; round++) {
            System.gc();
            long before = residentBytes();
            scopedSteps(STEPS);
            System.gc();
            assertThat(HostMemory.bytesFromSystem()).isLessThanOrEqualTo(system);
            growth = residentBytes() / (double) before;
        }
        assertThat(growth).isLessThanOrEqualTo(1.05);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void stepsWithoutAScopeStayUnderTheBound() throws IOException {
        scopedSteps(100);
        long before = residentBytes();
        for (int i = 0; i < 1_000; i++) {
            step();
        }
        assertThat(residentBytes() - before).isLessThan(UNSCOPED_BOUND);
    }

    @Test
    void aStepAllocatesAtMost64KilobytesOnTheHeap() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long perStep = Long.MAX_VALUE;
        // until the compiler has settled vectors are boxed; what counts is the steady state
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (perStep > 64 << 10 && System.nanoTime() < patience) {
            long before = threads.getCurrentThreadAllocatedBytes();
            scopedSteps(250);
            perStep = Math.min(perStep, (threads.getCurrentThreadAllocatedBytes() - before) / 250);
        }
        assertThat(perStep).isLessThanOrEqualTo(64 << 10);
    }

    private static long residentBytes() throws IOException {
        String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
        return Long.parseLong(pages[1]) * 4096;
    }
}
