package dev.lanewise.tensor.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A system that only keeps accounts. What is touched takes memory: a whole huge page where nothing of it was there, else
 * the pages touched.
 */
final class CountedPages implements Pages {
    static final long PAGE = 4096;

    /** The largest region there is. */
    long largest = Long.MAX_VALUE;

    /** How many blocks of their own there may be. */
    int singles;

    int reserves;
    int discards;

    /** Bytes that came to be there since the start. */
    long touched;

    /** Bytes that are there. */
    long resident;

    /** Bytes of regions. */
    long mapped;

    private long next = 1L << 40;
    private final Map<Long, BitSet> huge = new HashMap<>();

    /** The huge pages that are not to be filled up. */
    private final Set<Long> small = new HashSet<>();

    @Override
    public long size() {
        return PAGE;
    }

    @Override
    public Region reserve(long bytes) {
        reserves++;
        return bytes > largest ? null : region(bytes, true);
    }

    @Override
    public Region allocate(long bytes) {
        if (singles-- <= 0) {
            throw new OutOfMemoryError("none left");
        }
        return region(bytes, false);
    }

    private Region region(long bytes, boolean divisible) {
        long start = next;
        next += (bytes + HUGE - 1 & -HUGE) + HUGE;
        mapped += bytes;
        Arena arena = Arena.ofConfined();
        return new Region(
                arena,
                MemorySegment.ofAddress(start).reinterpret(bytes, arena, all -> {
                    forget(start, bytes);
                    mapped -= bytes;
                }),
                divisible);
    }

    @Override
    public void discard(long start, long bytes) {
        discards++;
        forget(start, bytes);
    }

    private void forget(long start, long bytes) {
        for (long page = start; page < start + bytes; page += PAGE) {
            BitSet pages = pages(page);
            if (pages.get(index(page))) {
                pages.clear(index(page));
                resident -= PAGE;
            }
        }
    }

    void touch(long start, long bytes) {
        long before = resident;
        for (long page = start & -PAGE; page < start + bytes; page += PAGE) {
            BitSet pages = pages(page);
            if (pages.isEmpty() && !small.contains(page / HUGE)) {
                pages.set(0, (int) (HUGE / PAGE));
                resident += HUGE;
            } else if (!pages.get(index(page))) {
                pages.set(index(page));
                resident += PAGE;
            }
        }
        touched += resident - before;
    }

    private BitSet pages(long address) {
        return huge.computeIfAbsent(address / HUGE, number -> new BitSet());
    }

    @Override
    public void advise(long start, long bytes, boolean huge) {
        for (long page = start; page < start + bytes; page += HUGE) {
            if (huge) {
                small.remove(page / HUGE);
            } else {
                small.add(page / HUGE);
            }
        }
    }

    /** What a system may do at any time: it fills up huge pages of which something is there. */
    void collapse() {
        huge.forEach((number, pages) -> {
            boolean partial = !pages.isEmpty() && pages.cardinality() < HUGE / PAGE;
            if (partial && !small.contains(number)) {
                touch(number * HUGE, HUGE);
            }
        });
    }

    private static int index(long address) {
        return (int) (address % HUGE / PAGE);
    }
}
