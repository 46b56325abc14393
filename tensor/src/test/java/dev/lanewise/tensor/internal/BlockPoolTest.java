package dev.lanewise.tensor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BlockPoolTest {
    private static final long MIB = 1 << 20;
    private static final int TICKS_OF_A_MINUTE = 12;

    private final CountedPages pages = new CountedPages();
    private long limit = Long.MAX_VALUE;
    private final BlockPool pool = new BlockPool(() -> new MemoryLimit(limit, "test"), pages);

    /** The most that was in use, and what is. */
    private long peak;

    private long used;
    private final Map<Block, Long> sizes = new HashMap<>();

    private Block take(long bytes) {
        Block block = pool.take(bytes);
        sizes.put(block, bytes);
        used += bytes;
        peak = Math.max(peak, used);
        if (block instanceof Range range && range.region().divisible()) {
            pages.touch(range.start(), bytes);
        }
        assertBounded();
        return block;
    }

    private void give(Block block) {
        used -= sizes.remove(block);
        pool.give(block);
        assertBounded();
    }

    /** The promise: 1.2 times the peak, or 32 MiB more than it. */
    private void assertBounded() {
        assertThat(pool.bytesFromSystem()).isLessThanOrEqualTo(Math.max(peak * 12 / 10, peak + 32 * MIB));
        assertThat(pages.resident).isLessThanOrEqualTo(pool.bytesFromSystem());
    }

    /** The sizes of a step: those of its layers' values differ, so that no two of its blocks are of one size class. */
    private static List<Long> layers(int count, long seed) {
        var random = new SplittableRandom(seed);
        List<Long> layers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            layers.add(65_537L + random.nextLong(8 * MIB >> random.nextInt(5)));
        }
        return layers;
    }

    /** A training step: values are kept for the backward pass, which takes gradients of other sizes; both use scratch. */
    private void step(List<Long> layers) {
        Deque<Block> kept = new ArrayDeque<>();
        for (long size : layers) {
            Block scratch = take(size / 2 + 70_001);
            kept.push(take(size));
            give(scratch);
        }
        Block gradient = take(1000);
        for (long size : layers.reversed()) {
            Block next = take(size + 90_001);
            Block weights = take(size / 3 + 66_001);
            give(kept.pop());
            give(gradient);
            give(weights);
            gradient = next;
        }
        give(gradient);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aCycleOfDifferentSizesTakesNothingFromTheSystemOnceWarm(long seed) {
        List<Long> layers = layers(60, seed);
        for (int i = 0; i < 3; i++) {
            step(layers);
        }
        int calls = pages.reserves + pages.discards;
        long touched = pages.touched;
        for (int i = 0; i < 20; i++) {
            step(layers);
        }
        assertThat(pages.touched - touched).isLessThanOrEqualTo(20 * 2 * MIB);
        assertThat(pages.reserves + pages.discards - calls).isLessThanOrEqualTo(20);
    }

    @Test
    void cyclesWhoseSizesChangeStayBounded() {
        for (int cycle = 1; cycle <= 12; cycle++) {
            List<Long> layers = layers(5 * cycle, cycle);
            step(layers);
            step(layers);
        }
    }

    @Test
    void growingAndShrinkingSizesStayBounded() {
        Deque<Block> blocks = new ArrayDeque<>();
        for (int i = 0; i < 200; i++) {
            int round = i < 100 ? i : 200 - i;
            long bytes = 70_000L + 500L * round * round;
            for (int j = 0; j < 4; j++) {
                blocks.add(take(bytes + j));
            }
            while (blocks.size() > 12) {
                give(blocks.remove());
            }
        }
        for (long bytes = 70_000; bytes < 200 * MIB; bytes = bytes * 17 / 16 + 64) {
            give(take(bytes));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomSizesStayBounded(long seed) {
        var random = new SplittableRandom(seed);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            if (blocks.size() < 50 && random.nextBoolean() || blocks.isEmpty()) {
                blocks.add(take(65_537 + random.nextLong(1L << random.nextInt(1, 25))));
            } else {
                give(blocks.remove(random.nextInt(blocks.size())));
            }
        }
        blocks.forEach(this::give);
        assertThat(pool.trim()).isPositive();
        assertThat(pool.bytesFromSystem()).isZero();
        assertThat(pages.mapped).isZero();
    }

    @Test
    void whatIsUnusedForAMinuteGoesBack() {
        Block held = take(MIB);
        give(take(100 * MIB));
        for (int tick = 0; tick < TICKS_OF_A_MINUTE - 1; tick++) {
            assertThat(pool.tick()).isTrue();
        }
        assertThat(pool.bytesFromSystem()).isGreaterThan(100 * MIB);
        pool.tick();
        assertThat(pool.tick()).isFalse();
        assertThat(pool.bytesFromSystem()).isEqualTo(MIB);
        give(held);
        pool.close();
        assertThat(pages.mapped).isZero();
    }

    @Test
    void aClosedPoolKeepsNothing() {
        Block large = take(5 * MIB);
        Block small = take(100);
        pool.close();
        give(large);
        give(small);
        assertThat(pages.mapped).isZero();
        give(take(100));
        assertThat(pool.bytesFromSystem()).isPositive();
    }

    @Test
    void beyondTheLimitIsAnErrorAndWhatWaitsIsGivenUpFirst() {
        limit = 1L << 40;
        Block held = take(100 * MIB);
        for (long size = 10; size < 100; size += 7) {
            give(take(size * MIB));
        }
        assertThatThrownBy(() -> pool.take(1L << 40))
                .isInstanceOf(OutOfTensorMemoryException.class)
                .hasMessageContaining("bytes asked for with")
                .hasMessageContaining("the process may have");
        limit = 1;
        assertThatThrownBy(() -> pool.take(200 * MIB)).isInstanceOf(OutOfTensorMemoryException.class);
        limit = Long.MAX_VALUE;
        give(take(200 * MIB));
        give(held);
        assertThat(pool.trim()).isPositive();
        assertThat(pool.bytesFromSystem()).isZero();
    }

    @Test
    void whatIsKeptForSpeedAloneIsGivenBackBeforeARequestIsRefused() {
        limit = 1L << 40;
        Block spare = take(2048 * MIB);
        AtomicInteger asked = new AtomicInteger();
        pool.whenShort(() -> {
            if (asked.getAndIncrement() == 0) {
                give(spare);
            }
        });
        give(take(MIB));
        assertThat(asked).hasValue(0);
        // the sizes leave room for a heap that grows or shrinks by half a gibibyte meanwhile
        limit = Runtime.getRuntime().totalMemory() + 6144 * MIB;
        Block large = take(4608 * MIB);
        assertThat(asked).hasValue(1);
        assertThatThrownBy(() -> pool.take(1L << 40)).isInstanceOf(OutOfTensorMemoryException.class);
        assertThat(asked).hasValue(2);
        give(large);
    }

    @Test
    void aSystemThatHasNoMoreIsAnErrorUntilSomethingComesBack() {
        pages.largest = 0;
        pages.singles = 2;
        Block one = take(MIB);
        Block two = take(2 * MIB);
        assertThatThrownBy(() -> pool.take(3 * MIB))
                .isInstanceOf(OutOfTensorMemoryException.class)
                .hasMessageContaining("the system has no more");
        give(one);
        assertThat(take(MIB)).isSameAs(one);
        give(two);
        give(one);
        pages.singles = 1;
        give(take(3 * MIB));
    }

    @Test
    void threadsNeverShareMemory() {
        var real = new BlockPool(() -> new MemoryLimit(Long.MAX_VALUE, "test"), SystemMemory.INSTANCE);
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (long t = 1; t <= 4; t++) {
            long mark = t;
            threads.add(CompletableFuture.runAsync(() -> exercise(real, mark)));
        }
        threads.add(CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 200; i++) {
                real.trim();
                real.tick();
                Thread.onSpinWait();
            }
        }));
        threads.forEach(CompletableFuture::join);
        real.close();
        assertThat(real.bytesFromSystem()).isZero();
    }

    /** Takes blocks, marks their ends, and looks whether the marks are still there when it gives them back. */
    private static void exercise(BlockPool pool, long mark) {
        record Taken(Block block, MemorySegment memory, long mark) {}
        var random = new SplittableRandom(mark);
        List<Taken> taken = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (taken.size() < 20 && random.nextBoolean() || taken.isEmpty()) {
                long bytes = 16 + random.nextLong(1L << random.nextInt(4, 22)) / 8 * 8;
                Block block = pool.take(bytes);
                MemorySegment memory = block.segment(bytes);
                long own = mark << 32 | i;
                memory.set(ValueLayout.JAVA_LONG, 0, own);
                memory.set(ValueLayout.JAVA_LONG, bytes - 8, own);
                taken.add(new Taken(block, memory, own));
            } else {
                Taken back = taken.remove(random.nextInt(taken.size()));
                long bytes = back.memory.byteSize();
                if (back.memory.get(ValueLayout.JAVA_LONG, 0) != back.mark
                        || back.memory.get(ValueLayout.JAVA_LONG, bytes - 8) != back.mark
                        || back.memory.address() % BlockPool.ALIGNMENT != 0) {
                    throw new AssertionError("somebody else wrote into " + back);
                }
                pool.give(back.block);
            }
        }
        taken.forEach(back -> pool.give(back.block));
    }
}
