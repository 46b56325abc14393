package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.internal.Range.State;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of whole pages, cut from large regions of address space. What was given back waits with its pages; ranges that
 * wait, and ranges that take no memory, join with their neighbours of the same kind, so that sizes which take turns use the
 * same memory without asking the system. Memory goes back page by page: any part of a region can be discarded, however
 * what is still in use lies in it. Its pool's lock guards it.
 *
 * <p>What is counted is what the system counts, or more. Address space is filled in huge pages: where a block is the first
 * to touch one, all of that page is counted, and what the block leaves of it waits.
 */
final class AddressSpace {
    private static final long SMALLEST_REGION = 256L << 20;

    /** How many waiting ranges are looked at for one that fits together with clean memory beside it. */
    private static final int TRIES = 8;

    private final Pages pages;
    private final FreeMemory free = new FreeMemory();

    /** All regions, linked. */
    private @Nullable Region regions;

    private long mapped;
    private long used;

    AddressSpace(Pages pages) {
        this.pages = pages;
    }

    /** The bytes of memory that are in use or wait. */
    long held() {
        return used + free.waitingBytes();
    }

    /** The bytes of memory that are in use, in whole pages. */
    long used() {
        return used;
    }

    /** The bytes of memory that wait. */
    long waiting() {
        return free.waitingBytes();
    }

    /** The bytes of address space. */
    long mapped() {
        return mapped;
    }

    /** A size in whole pages. */
    long round(long bytes) {
        return bytes + pages.size() - 1 & -pages.size();
    }

    /** Memory that waits, or null where none is in one piece; bytes in whole pages. */
    @Nullable
    Range reuse(long bytes) {
        Range single = free.single(bytes);
        if (single != null) {
            wake(single);
            return single;
        }
        Range range = free.waiting(bytes);
        return range == null ? null : claim(range, range.start(), range.start() + bytes);
    }

    /**
     * Memory of which some is new; bytes in whole pages.
     *
     * @throws OutOfMemoryError when the system has no more
     */
    Range fresh(long bytes) {
        Range extended = extended(bytes);
        if (extended != null) {
            return extended;
        }
        Range clean = free.clean(bytes);
        if (clean == null) {
            clean = reserve(bytes);
        }
        if (clean != null) {
            return claim(clean, clean.start(), clean.start() + bytes);
        }
        Range own = range(pages.allocate(bytes));
        used += bytes;
        return own;
    }

    /** Takes a block back: it waits. */
    void give(Range range) {
        used -= range.bytes();
        free.add(range, State.WAITING);
    }

    /** Moves time on. */
    void tick(int tick) {
        free.tick(tick);
    }

    /** Gives back what waited longest until no more than so many bytes are held, or nothing waits. */
    void trimTo(long most) {
        for (Range oldest = free.oldest(); oldest != null && held() > most; oldest = free.oldest()) {
            discard(oldest, held() - most);
        }
    }

    /** Gives back what waits since a tick or longer. */
    void trimSince(int tick) {
        for (Range oldest = free.oldest(); oldest != null && oldest.since() <= tick; oldest = free.oldest()) {
            discard(oldest, oldest.bytes());
        }
    }

    /** Gives back the address space of regions that take no memory. */
    void unmapClean() {
        for (Range range = free.nextClean(null); range != null; ) {
            Range next = free.nextClean(range);
            if (range.isWholeRegion()) {
                free.remove(range);
                unmap(range);
            }
            range = next;
        }
    }

    // ---- taking

    /** The waiting range that, with the free memory around it, has room for a block; of the largest ones. */
    private @Nullable Range extended(long bytes) {
        Range range = free.nextWaiting(null);
        for (int i = 0; i < TRIES && range != null; i++) {
            Range low = range;
            Range high = range;
            for (Range at = range.upper(); at != null && at.state() != State.USED; at = at.upper()) {
                high = at;
                if (high.end() - range.start() >= bytes) {
                    return claim(range, range.start(), range.start() + bytes);
                }
            }
            for (Range at = range.lower(); at != null && at.state() != State.USED; at = at.lower()) {
                low = at;
                if (high.end() - low.start() >= bytes) {
                    return claim(low, high.end() - bytes, high.end());
                }
            }
            range = free.nextWaiting(range);
        }
        return null;
    }

    /**
     * Makes free memory a block. What the block is the first to touch of huge pages comes with it, and waits.
     *
     * @param first the free range that has the first byte; those above it are free up to the last byte
     */
    private Range claim(Range first, long start, long end) {
        Range last = first;
        while (last.end() < end) {
            last = Objects.requireNonNull(last.upper());
        }
        long from = hugeFloor(start);
        if (first.state() != State.CLEAN || from < first.start()) {
            from = start;
        }
        long to = hugeCeil(end);
        if (last.state() != State.CLEAN || to > last.end()) {
            to = end;
        }
        if (from > first.start()) {
            free.split(first, from);
        }
        Range block = first;
        if (to < last.end()) {
            Range part = free.split(last, to);
            block = first == last ? part : first;
        }
        wake(block);
        while (block.end() < to) {
            wake(Objects.requireNonNull(block.upper()));
            free.absorbUpper(block);
        }
        return pare(block, start, end);
    }

    /** Gives back what a block has below and above what is wanted of it. */
    private Range pare(Range block, long start, long end) {
        if (start > block.start()) {
            give(free.cut(block, start));
        }
        if (end < block.end()) {
            Range rest = block;
            Range wanted = free.cut(block, end);
            give(rest);
            return wanted;
        }
        return block;
    }

    /** New address space, or null where the system has none; bytes in whole pages. */
    private @Nullable Range reserve(long bytes) {
        long least = hugeCeil(bytes);
        long most = Math.max(least, hugeCeil(Math.max(SMALLEST_REGION, mapped / 4)));
        for (long size = most; size >= least; size = size == least ? 0 : Math.max(least, hugeFloor(size / 2))) {
            Region region = pages.reserve(size);
            if (region != null) {
                Range range = range(region);
                free.add(range, State.CLEAN);
                return range;
            }
        }
        return null;
    }

    /** The range of a whole new region. */
    private Range range(Region region) {
        Range range = new Range(region);
        region.lowest = range;
        region.next = regions;
        if (regions != null) {
            regions.previous = region;
        }
        regions = region;
        mapped += range.bytes();
        return range;
    }

    // ---- after an error

    /** The first of all regions. */
    @Nullable
    Region regions() {
        return regions;
    }

    /**
     * Finds out anew what is free: an error, such as the end of the stack, has cut a change short. Ranges always follow one
     * another without gaps; what nobody has is taken to have memory, unless it is known that it has none.
     */
    void repair() {
        free.clear();
        used = 0;
        mapped = 0;
        for (Region region = regions; region != null; region = region.next) {
            mapped += region.bytes();
            for (Range range = region.lowest; range != null; range = range.upper()) {
                join(range);
            }
            for (Range range = region.lowest; range != null; range = range.upper()) {
                if (range.lent) {
                    used += range.bytes();
                } else {
                    free.restore(range);
                }
            }
        }
    }

    /** Gives a range the state that it should have, and joins it with its lower neighbour if that has the same. */
    private static void join(Range range) {
        range.unlink();
        if (range.lent) {
            range.become(State.USED);
            return;
        }
        range.join();
        if (range.state() == State.USED) {
            range.become(State.WAITING);
        }
        Range lower = range.lower();
        if (lower != null && lower.state() == range.state()) {
            range.absorb(lower);
        }
    }

    // ---- giving back

    /** Gives a waiting range back to the system, or so much of it, in huge pages where it has whole ones. */
    private void discard(Range range, long bytes) {
        if (!range.region().divisible()) {
            wake(range);
            used -= range.bytes();
            unmap(range);
            return;
        }
        long from = hugeCeil(range.start());
        long to = hugeFloor(range.end());
        Range part = range;
        if (from < to) {
            from = Math.max(from, hugeFloor(to - Math.min(bytes, to - from)));
            if (from > range.start()) {
                free.split(range, from);
            }
            if (to < range.end()) {
                part = free.split(range, to);
            }
        }
        wake(part);
        used -= part.bytes();
        pages.discard(part.start(), part.bytes());
        long low = hugeFloor(part.start());
        long high = hugeCeil(part.end());
        if (high - low > part.bytes()) {
            // the system must not fill up what was discarded because its neighbours are in use
            pages.advise(low, high - low, false);
        }
        Range clean = free.add(part, State.CLEAN);
        low = Math.max(low, hugeCeil(clean.start()));
        high = Math.min(high, hugeFloor(clean.end()));
        if (low < high) {
            pages.advise(low, high - low, true);
        }
    }

    /** Takes a free range: it is in use. */
    private void wake(Range range) {
        free.remove(range);
        used += range.bytes();
    }

    private void unmap(Range range) {
        mapped -= range.bytes();
        Region region = range.region();
        if (region.previous == null) {
            regions = region.next;
        } else {
            region.previous.next = region.next;
        }
        if (region.next != null) {
            region.next.previous = region.previous;
        }
        region.unmap();
    }

    private static long hugeFloor(long address) {
        return address & -Pages.HUGE;
    }

    private static long hugeCeil(long address) {
        return address + Pages.HUGE - 1 & -Pages.HUGE;
    }
}
