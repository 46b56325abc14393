// Generated from src/main/templates/elementwise/TernaryLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.FloatTernary;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Template: {@code out = f(a, b, c)} with b and c one repeated element each. */
final class F32TernaryLoop implements Loop {
    private static final FloatTernary FUNCTION = Template.constant(MethodHandles.lookup(), 0, FloatTernary.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == (B_REPEATED | C_REPEATED);
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int rest = n % Species.F32_LANES;
        int bytes = Float.BYTES * (n - rest);
        if (rest != 0) {
            edge(rest, out + bytes, a + bytes, Access.f32(b), Access.f32(c));
        }
        float y = Access.f32(b);
        float z = Access.f32(c);
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FloatVector x = Access.loadF32(a + i);
            FUNCTION.apply(x, FloatVector.broadcast(Species.F32, y), FloatVector.broadcast(Species.F32, z))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void edge(int n, long out, long a, float b, float c) {
        VectorMask<Float> mask = Species.F32.indexInRange(0, n);
        FloatVector x = Access.loadF32(a, mask);
        FloatVector result =
                FUNCTION.apply(x, FloatVector.broadcast(Species.F32, b), FloatVector.broadcast(Species.F32, c));
        Access.storeF32(result, out, mask);
    }
}
