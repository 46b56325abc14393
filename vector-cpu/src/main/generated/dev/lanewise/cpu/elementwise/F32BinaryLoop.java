// Generated from src/main/templates/elementwise/BinaryLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.FloatBinary;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Template: {@code out = f(a, b)}; one of the operands may be one repeated element. */
final class F32BinaryLoop implements Loop {
    private static final FloatBinary FUNCTION = Template.constant(MethodHandles.lookup(), 0, FloatBinary.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == 0 || pattern == A_REPEATED || pattern == B_REPEATED;
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int rest = n % Species.F32_LANES;
        int bytes = Float.BYTES * (n - rest);
        if (rest != 0) {
            edge(
                    pattern,
                    rest,
                    out + bytes,
                    pattern == A_REPEATED ? a : a + bytes,
                    pattern == B_REPEATED ? b : b + bytes);
        }
        if (pattern == A_REPEATED) {
            leftRepeated(bytes, out, Access.f32(a), b);
        } else if (pattern == B_REPEATED) {
            rightRepeated(bytes, out, a, Access.f32(b));
        } else {
            dense(bytes, out, a, b);
        }
    }

    private static void dense(int bytes, long out, long a, long b) {
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(Access.loadF32(a + i), Access.loadF32(b + i))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void leftRepeated(int bytes, long out, float a, long b) {
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(FloatVector.broadcast(Species.F32, a), Access.loadF32(b + i))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void rightRepeated(int bytes, long out, long a, float b) {
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(Access.loadF32(a + i), FloatVector.broadcast(Species.F32, b))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void edge(int pattern, int n, long out, long a, long b) {
        VectorMask<Float> mask = Species.F32.indexInRange(0, n);
        FloatVector x =
                pattern == A_REPEATED ? FloatVector.broadcast(Species.F32, Access.f32(a)) : Access.loadF32(a, mask);
        FloatVector y =
                pattern == B_REPEATED ? FloatVector.broadcast(Species.F32, Access.f32(b)) : Access.loadF32(b, mask);
        Access.storeF32(FUNCTION.apply(x, y), out, mask);
    }
}
