// Generated from src/main/templates/elementwise/UnaryLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.DoubleUnary;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.VectorMask;

/** Template: {@code out = f(a)}. */
final class F64UnaryLoop implements Loop {
    private static final DoubleUnary FUNCTION = Template.constant(MethodHandles.lookup(), 0, DoubleUnary.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == 0;
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int rest = n % Species.F64_LANES;
        int bytes = Double.BYTES * (n - rest);
        if (rest != 0) {
            edge(rest, out + bytes, a + bytes);
        }
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(Access.loadF64(a + i)).intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void edge(int n, long out, long a) {
        VectorMask<Double> mask = Species.F64.indexInRange(0, n);
        Access.storeF64(FUNCTION.apply(Access.loadF64(a, mask)), out, mask);
    }
}
