package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.parallel.Workers;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.incubator.vector.FloatVector;

/** Looks for infinities and NaN, which a multiplication by zero does not remove. */
final class Finite {
    private static final long GRAIN = 1 << 16;

    private Finite() {}

    /** Whether {@code count} floats at an address are finite. */
    static boolean all(long address, long count) {
        var finite = new AtomicBoolean(true);
        Workers.forRange(count, GRAIN, (from, to) -> {
            if (!run(address + 4 * from, to - from)) {
                finite.set(false);
            }
        });
        return finite.get();
    }

    private static boolean run(long address, long count) {
        // a finite number times 0 is 0, any other NaN
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector sum = zero;
        long i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(SPECIES, ALL, (address + 4 * i) & MASK, ORDER);
            sum = v.fma(zero, sum);
        }
        float total = LaneSum.of(sum);
        for (; i < count; i++) {
            float v = Rows.read(address + 4 * i);
            total += 0 * v;
        }
        return total == 0;
    }
}
