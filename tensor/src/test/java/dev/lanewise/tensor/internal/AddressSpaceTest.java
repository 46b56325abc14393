package dev.lanewise.tensor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressSpaceTest {
    private static final long MIB = 1 << 20;
    private static final long PAGE = CountedPages.PAGE;

    private final CountedPages pages = new CountedPages();
    private final AddressSpace space = new AddressSpace(pages);

    private Range take(long bytes) {
        Range range = space.reuse(bytes);
        if (range == null) {
            range = space.fresh(bytes);
        }
        pages.touch(range.start(), range.bytes());
        return range;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anySequenceLendsEveryByteOnceAndCountsWhatTheSystemHas(long seed) {
        var random = new SplittableRandom(seed);
        var lent = new TreeMap<Long, Range>();
        List<Range> order = new ArrayList<>();
        long used = 0;
        int sizes = random.nextInt(8, 14);
        for (int step = 0; step < 10_000; step++) {
            if (order.isEmpty() || random.nextInt(1000) < (step % 4000 < 2000 ? 530 : 470)) {
                Range range = take(randomSize(random, sizes));
                disjoint(lent, range);
                lent.put(range.start(), range);
                order.add(range);
                used += range.bytes();
            } else {
                Range range = order.remove(random.nextInt(order.size()));
                lent.remove(range.start());
                used -= range.bytes();
                space.give(range);
            }
            if (random.nextInt(20) == 0) {
                long most = used + random.nextLong(64 * MIB);
                space.trimTo(most);
                assertThat(space.held()).isLessThanOrEqualTo(most);
                pages.collapse();
            }
            assertThat(space.used()).isEqualTo(used);
            assertThat(pages.resident).isLessThanOrEqualTo(space.held());
            if (step % 1000 == 0) {
                space.tick(step);
                space.trimSince(step - 3000);
                space.unmapClean();
            }
        }
        order.forEach(space::give);
        everythingGoesBack();
    }

    private long randomSize(SplittableRandom random, int sizes) {
        int index = SizeClass.SMALL + random.nextInt(sizes * 16);
        return SizeClass.bytes(random.nextInt(50) == 0 ? index : index - index % 16 / 2);
    }

    private void disjoint(NavigableMap<Long, Range> lent, Range range) {
        assertThat(range.start() % PAGE).isZero();
        Map.Entry<Long, Range> below = lent.lowerEntry(range.end());
        if (below != null) {
            assertThat(below.getValue().end()).isLessThanOrEqualTo(range.start());
        }
    }

    private void everythingGoesBack() {
        assertThat(space.used()).isZero();
        space.trimTo(0);
        assertThat(space.held()).isZero();
        assertThat(pages.resident).isZero();
        // only regions that have joined to one range can go
        space.unmapClean();
        assertThat(space.mapped()).isZero();
        assertThat(pages.mapped).isZero();
    }

    @Test
    void whatIsGivenBackInAnyOrderIsOnePieceAgain() {
        var random = new SplittableRandom(3);
        List<Range> ranges = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            ranges.add(take(randomSize(random, 2)));
        }
        long all = space.held();
        while (!ranges.isEmpty()) {
            space.give(ranges.remove(random.nextInt(ranges.size())));
        }
        assertThat(space.waiting()).isEqualTo(all);
        assertThat(space.reuse(SizeClass.bytes(SizeClass.floor(all)))).isNotNull();
    }

    @Test
    void aWaitingRangeGrowsIntoTheCleanMemoryBesideIt() {
        space.give(take(16 * MIB));
        Range larger = take(24 * MIB);
        assertThat(space.held()).isEqualTo(24 * MIB);
        assertThat(pages.touched).isEqualTo(24 * MIB);
        space.give(larger);
        everythingGoesBack();
    }

    @Test
    void onlyAsMuchAsIsTooMuchIsDiscarded() {
        space.give(take(64 * MIB));
        space.trimTo(50 * MIB);
        assertThat(space.held()).isEqualTo(50 * MIB);
        assertThat(pages.resident).isEqualTo(50 * MIB);
        assertThat(pages.discards).isEqualTo(1);
        space.trimTo(50 * MIB - 1);
        assertThat(space.held()).isEqualTo(48 * MIB);
    }

    @Test
    void whatIsLeftOfAHugePageIsCountedAndUsedNext() {
        Range first = take(100 * PAGE);
        assertThat(space.held()).isEqualTo(Pages.HUGE);
        assertThat(space.waiting()).isEqualTo(Pages.HUGE - 100 * PAGE);
        Range second = take(200 * PAGE);
        assertThat(second.start()).isEqualTo(first.end());
        assertThat(pages.resident).isEqualTo(Pages.HUGE).isEqualTo(space.held());
    }

    @Test
    void whatWaitedLongGoesAndWhatCameBackSinceStays() {
        Range old = take(32 * MIB);
        Range between = take(2 * MIB);
        Range young = take(32 * MIB);
        space.tick(1);
        space.give(old);
        space.tick(2);
        space.give(young);
        space.trimSince(1);
        assertThat(space.waiting()).isEqualTo(32 * MIB);
        assertThat(space.used()).isEqualTo(between.bytes());
        assertThat(space.reuse(32 * MIB)).extracting(Range::start).isEqualTo(young.start());
    }

    @Test
    void aSystemWithLittleAddressSpaceGivesSmallerRegions() {
        pages.largest = 48 * MIB;
        List<Range> ranges = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ranges.add(take(20 * MIB));
        }
        assertThat(pages.mapped).isBetween(400 * MIB, 800 * MIB);
        ranges.forEach(space::give);
        everythingGoesBack();
    }

    @Test
    void aSystemWithoutAddressSpaceLendsBlocksOfTheirOwn() {
        pages.largest = 0;
        pages.singles = 3;
        Range small = take(MIB);
        Range large = take(3 * MIB);
        space.give(large);
        space.give(small);
        assertThat(take(MIB)).isSameAs(small);
        assertThat(take(3 * MIB)).isSameAs(large);
        assertThat(take(2 * MIB).bytes()).isEqualTo(2 * MIB);
        assertThatThrownBy(() -> take(2 * MIB)).isInstanceOf(OutOfMemoryError.class);
        space.give(large);
        space.trimTo(3 * MIB);
        assertThat(pages.mapped).isEqualTo(3 * MIB).isEqualTo(space.held());
    }
}
