// Generated from src/main/templates/elementwise/BinaryLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.DoubleBinary;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Template: {@code out = f(a, b)}; one of the operands may be one repeated element. */
final class F64BinaryLoop implements Loop {
    private static final DoubleBinary FUNCTION = Template.constant(MethodHandles.lookup(), 0, DoubleBinary.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == 0 || pattern == A_REPEATED || pattern == B_REPEATED;
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int rest = n % Species.F64_LANES;
        int bytes = Double.BYTES * (n - rest);
        if (rest != 0) {
            edge(
                    pattern,
                    rest,
                    out + bytes,
                    pattern == A_REPEATED ? a : a + bytes,
                    pattern == B_REPEATED ? b : b + bytes);
        }
        if (pattern == A_REPEATED) {
            leftRepeated(bytes, out, Access.f64(a), b);
        } else if (pattern == B_REPEATED) {
            rightRepeated(bytes, out, a, Access.f64(b));
        } else {
            dense(bytes, out, a, b);
        }
    }

    private static void dense(int bytes, long out, long a, long b) {
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(Access.loadF64(a + i), Access.loadF64(b + i))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void leftRepeated(int bytes, long out, double a, long b) {
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(DoubleVector.broadcast(Species.F64, a), Access.loadF64(b + i))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void rightRepeated(int bytes, long out, long a, double b) {
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            FUNCTION.apply(Access.loadF64(a + i), DoubleVector.broadcast(Species.F64, b))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void edge(int pattern, int n, long out, long a, long b) {
        VectorMask<Double> mask = Species.F64.indexInRange(0, n);
        DoubleVector x =
                pattern == A_REPEATED ? DoubleVector.broadcast(Species.F64, Access.f64(a)) : Access.loadF64(a, mask);
        DoubleVector y =
                pattern == B_REPEATED ? DoubleVector.broadcast(Species.F64, Access.f64(b)) : Access.loadF64(b, mask);
        Access.storeF64(FUNCTION.apply(x, y), out, mask);
    }
}
