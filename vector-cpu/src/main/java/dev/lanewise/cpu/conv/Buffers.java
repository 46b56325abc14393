package dev.lanewise.cpu.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The thread's scratch memory, one buffer for each use, so that a caller that also runs tasks keeps what it shares. */
final class Buffers {
    /** What a buffer is for. */
    enum Use { WEIGHTS, TAPS, START, PARTIAL, PLANES, GRADIENT, TILE, OUTPUT, WORK }

    private static final ThreadLocal<MemorySegment[]> HELD =
            ThreadLocal.withInitial(() -> new MemorySegment[Use.values().length]);

    private Buffers() {}

    static MemorySegment get(Use use, long bytes) {
        MemorySegment[] held = HELD.get();
        MemorySegment s = held[use.ordinal()];
        if (s == null || s.byteSize() < bytes) {
            s = Arena.global().allocate(Math.max(4096, Long.highestOneBit(Math.max(bytes, 2) - 1) * 2), 64);
            held[use.ordinal()] = s;
        }
        return s;
    }
}
