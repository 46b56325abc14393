package dev.lanewise.cuda.api;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A few words of native memory per thread, for results that are read as soon as the call returns. */
final class Scratch {
    private static final int BYTES = 256;
    private static final ThreadLocal<MemorySegment> SEGMENT =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BYTES, 16));

    private Scratch() {}

    /** Memory that the next call on this thread may overwrite. */
    static MemorySegment get() {
        return SEGMENT.get();
    }

    static int readInt(MemorySegment scratch) {
        return scratch.get(ValueLayout.JAVA_INT, 0);
    }

    static long readLong(MemorySegment scratch) {
        return scratch.get(ValueLayout.JAVA_LONG, 0);
    }

    /** The handle in the first word. */
    static MemorySegment readHandle(MemorySegment scratch) {
        return scratch.get(ValueLayout.ADDRESS, 0);
    }

    /** The C string at an address a library returned. */
    static String text(MemorySegment address) {
        return address.equals(MemorySegment.NULL)
                ? ""
                : address.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
