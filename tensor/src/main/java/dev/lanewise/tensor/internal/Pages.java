package dev.lanewise.tensor.internal;

import org.jspecify.annotations.Nullable;

/** Where the memory of a pool comes from: the operating system, or something that counts in tests. */
interface Pages {
    /** The size of a huge page, in which the system fills address space that is touched for the first time. */
    long HUGE = 2 << 20;

    /** The size of a page, a power of two, at least 4 KiB. */
    long size();

    /**
     * Address space that takes memory only where it is touched.
     *
     * @param bytes a multiple of {@link #HUGE}
     * @return a divisible region that starts at a multiple of {@link #HUGE}, or null where the system has none
     */
    @Nullable
    Region reserve(long bytes);

    /** Gives the memory of pages back; their contents are lost, the address space stays. */
    void discard(long start, long bytes);

    /**
     * Says whether the system may make huge pages of a part of a region, as it may in a new one: of some pages it makes a
     * whole huge page, now or later, and so takes more memory.
     *
     * @param start a multiple of {@link #HUGE}, like the number of bytes
     */
    void advise(long start, long bytes, boolean huge);

    /**
     * A region that is one block.
     *
     * @throws OutOfMemoryError when the system has no more
     */
    Region allocate(long bytes);
}
