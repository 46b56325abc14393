package dev.lanewise.cpu.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
    private int threadsBefore;

    @BeforeEach
    void rememberThreads() {
        threadsBefore = Workers.threads();
    }

    @AfterEach
    void restoreThreads() {
        Workers.setThreads(threadsBefore);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void everyTaskRunsOnce(int threads) {
        Workers.setThreads(threads);
        for (int tasks : new int[] {0, 1, 2, 3, 100, 1000, 70_000}) {
            AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(1, tasks));
            Workers.run(tasks, runs::incrementAndGet);
            for (int task = 0; task < tasks; task++) {
                assertThat(runs.get(task)).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void manyShortCallsLoseNothing(int threads) {
        Workers.setThreads(threads);
        AtomicLong sum = new AtomicLong();
        for (int call = 0; call < 20_000; call++) {
            Workers.run(3, sum::addAndGet);
        }
        assertThat(sum.get()).isEqualTo(20_000 * 3L);
    }

    /** A worker still busy with the end of a small call must not take a task of the larger one that follows. */
    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void callsOfDifferentSizesDoNotMix(int threads) {
        Workers.setThreads(threads);
        int[] sizes = {2, 40, 3, 64, 2, 17};
        int mixed = 0;
        // where other programs have the cores, a call waits for a worker that they have interrupted
        long enough = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        for (int call = 0; call < 300_000 && System.nanoTime() < enough; call++) {
            int tasks = sizes[call % sizes.length];
            AtomicInteger runs = new AtomicInteger();
            Workers.run(tasks, task -> runs.incrementAndGet());
            mixed += runs.get() == tasks ? 0 : 1;
        }
        assertThat(mixed).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void rangesCoverTheSizeInChunksOfTheGrain(int threads) {
        Workers.setThreads(threads);
        for (long size : new long[] {0, 1, 9, 10, 11, 1003}) {
            AtomicLong covered = new AtomicLong();
            Workers.forRange(size, 10, (from, to) -> {
                assertThat(from % 10).isZero();
                assertThat(to).isEqualTo(Math.min(size, from + 10));
                covered.addAndGet(to - from);
            });
            assertThat(covered.get()).isEqualTo(size);
        }
    }

    @Test
    void theFirstExceptionReachesTheCallerAndTheWorkersStayUsable() {
        Workers.setThreads(2);
        assertThatThrownBy(() -> Workers.run(8, task -> {
                    if (task == 3) {
                        throw new IllegalStateException("task 3");
                    }
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("task 3");
        AtomicInteger runs = new AtomicInteger();
        Workers.run(8, task -> runs.incrementAndGet());
        assertThat(runs.get()).isEqualTo(8);
    }

    @Test
    void aNestedCallRunsOnItsCaller() {
        Workers.setThreads(2);
        AtomicInteger elsewhere = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        Workers.run(4, outer -> {
            Thread self = Thread.currentThread();
            Workers.run(5, inner -> {
                runs.incrementAndGet();
                if (!Thread.currentThread().equals(self)) {
                    elsewhere.incrementAndGet();
                }
            });
        });
        assertThat(runs.get()).isEqualTo(20);
        assertThat(elsewhere.get()).isZero();
    }

    @Test
    void platformAndVirtualThreadsMayCallAtTheSameTime() throws Exception {
        Workers.setThreads(2);
        AtomicLong sum = new AtomicLong();
        List<Future<?>> calls = new ArrayList<>();
        try (var virtual = Executors.newVirtualThreadPerTaskExecutor();
                var platform = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 200; i++) {
                var executor = i % 2 == 0 ? virtual : platform;
                calls.add(executor.submit(() -> Workers.run(50, sum::addAndGet)));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
        assertThat(sum.get()).isEqualTo(200L * 49 * 50 / 2);
    }

    @Test
    void workersThatHaveParkedWakeUp() throws InterruptedException {
        Workers.setThreads(3);
        AtomicInteger runs = new AtomicInteger();
        for (int call = 0; call < 5; call++) {
            Thread.sleep(20);
            Workers.run(100, task -> runs.incrementAndGet());
        }
        assertThat(runs.get()).isEqualTo(500);
    }

    @Test
    void aCallInSteadyStateAllocatesNothingOnTheCaller() {
        Workers.setThreads(2);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        AtomicLong sum = new AtomicLong();
        IntConsumer body = sum::addAndGet;
        RangeBody range = (from, to) -> sum.addAndGet(to - from);
        callOften(body, range);
        long before = threads.getCurrentThreadAllocatedBytes();
        callOften(body, range);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000L);
    }

    private static void callOften(IntConsumer body, RangeBody range) {
        for (int call = 0; call < 5_000; call++) {
            Workers.run(4, body);
            Workers.forRange(100, 10, range);
        }
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> Workers.setThreads(0)).hasMessageContaining("expected 1 to 4096");
        assertThatThrownBy(() -> Workers.forRange(5, 0, (from, to) -> {})).hasMessageContaining("grain 0");
    }
}
