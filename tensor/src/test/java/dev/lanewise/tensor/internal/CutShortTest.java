package dev.lanewise.tensor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Lanewise;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An application may survive the end of its stack or heap, wherever in the library that happens. What scopes owned comes back
 * as well, but for ends inside the JDK's own initialization of a class, after which that class is broken for good: that is left
 * to chance, so no test asks for it.
 */
@Timeout(600)
final class CutShortTest {
    /** Stacks that end a few bytes apart, so that each round ends at another call. */
    private static final int ROUNDS = 36;

    private static final long SLACK = 4 << 20;

    /** Runs on small stacks of different sizes what goes on until the stack ends. */
    private static void untilTheStackEnds(int rounds, Runnable endless) throws InterruptedException {
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        for (int round = 0; round < rounds && wrong.get() == null; round++) {
            int offset = round;
            Thread thread = new Thread(
                    null,
                    () -> {
                        try {
                            lower(offset, endless);
                        } catch (StackOverflowError expected) {
                            // the end of this round
                        } catch (Throwable e) {
                            wrong.set(e);
                        }
                    },
                    "small stack",
                    256 << 10);
            thread.start();
            thread.join();
        }
        assertThat(wrong.get()).isNull();
    }

    /** Calls an action from a place that is some frames further down. */
    private static void lower(int frames, Runnable action) {
        if (frames > 0) {
            lower(frames - 1, action);
        } else {
            action.run();
        }
    }

    private static long held() {
        // twice: what a scope left behind has no owner but the collector only after the first
        for (int i = 0; i < 2; i++) {
            Reclaimer.collectNow();
        }
        Lanewise.trim();
        return Lanewise.hostMemory();
    }

    /** On a busy machine the cleaner's thread may come to the rest only after a collection was over. */
    private static void assertComesBack(long before) {
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        long held = held();
        while (held > before + SLACK && System.nanoTime() < patience) {
            held = held();
        }
        assertThat(held).isLessThanOrEqualTo(before + SLACK);
    }

    @Test
    void everyBlockIsLentOnceAndComesBack() throws InterruptedException {
        long before = held();
        untilTheStackEnds(ROUNDS, () -> {
            Lent lent = new Lent();
            try {
                lent.takeMore(0);
            } finally {
                lent.checkAndDiscard();
            }
        });
        assertComesBack(before);
    }

    /** Blocks that are taken while the stack grows; some go back at once. */
    private static final class Lent {
        private final SplittableRandom random = new SplittableRandom(1);
        private final HostBuffer[] kept = new HostBuffer[50_000];
        private final HostBuffer[] scratch = new HostBuffer[50_000];
        private int marked;

        @SuppressWarnings("InfiniteRecursion") // until the stack ends
        void takeMore(int n) {
            scratch[n] = HostMemory.allocate(size());
            kept[n] = HostMemory.allocate(size());
            kept[n].segment().set(ValueLayout.JAVA_INT_UNALIGNED, 60, n);
            marked = n + 1;
            scratch[n].discard();
            takeMore(n + 1);
        }

        private long size() {
            return random.nextInt(3) == 0 ? 64 + random.nextInt(40_000) : 70_000 + random.nextInt(300_000);
        }

        void checkAndDiscard() {
            for (int i = 0; i < marked; i++) {
                if (kept[i].segment().get(ValueLayout.JAVA_INT_UNALIGNED, 60) != i) {
                    throw new IllegalStateException("somebody else wrote into block " + i);
                }
            }
            for (int i = 0; i <= marked; i++) {
                discard(scratch[i]);
                discard(kept[i]);
            }
        }

        private static void discard(@Nullable HostBuffer buffer) {
            if (buffer != null) {
                buffer.discard();
            }
        }
    }

    @SuppressWarnings("InfiniteRecursion") // until the stack ends
    private static void computeInScopes() {
        try (Scope scope = Scope.open("inner")) {
            Tensor made = Tensor.zeros(30_000).add(1);
            computeInScopes();
            scope.keep(made);
        }
    }

    @Test
    void tensorsOutsideEveryScopeComeBack() throws InterruptedException {
        long before = held();
        // fewer: the garbage collector runs often
        untilTheStackEnds(ROUNDS / 6, CutShortTest::compute);
        assertComesBack(before);
    }

    @SuppressWarnings("InfiniteRecursion") // until the stack ends
    private static void compute() {
        Tensor made = Tensor.zeros(30_000);
        compute();
        made.add(1);
    }

    @Test
    void aThreadThatSurvivesHasNoScopeLeftOpen() throws InterruptedException {
        AtomicReference<String> left = new AtomicReference<>("");
        Thread thread = new Thread(
                null,
                () -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        try {
                            lower(round, CutShortTest::computeInScopes);
                        } catch (StackOverflowError expected) {
                            left.set(left.get() + Ownership.held(Device.CPU).keySet());
                        }
                    }
                },
                "small stack",
                256 << 10);
        thread.start();
        thread.join();
        assertThat(left.get().replace("[]", "")).isEmpty();
    }
}
