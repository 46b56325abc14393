// Generated from src/main/templates/elementwise/TernaryLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.DoubleTernary;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Template: {@code out = f(a, b, c)} with b and c one repeated element each. */
final class F64TernaryLoop implements Loop {
    private static final DoubleTernary FUNCTION = Template.constant(MethodHandles.lookup(), 0, DoubleTernary.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == (B_REPEATED | C_REPEATED);
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int rest = n % Species.F64_LANES;
        int bytes = Double.BYTES * (n - rest);
        if (rest != 0) {
            edge(rest, out + bytes, a + bytes, Access.f64(b), Access.f64(c));
        }
        double y = Access.f64(b);
        double z = Access.f64(c);
        for (int i = 0; i < bytes; i += Species.VECTOR_BYTES) {
            DoubleVector x = Access.loadF64(a + i);
            FUNCTION.apply(x, DoubleVector.broadcast(Species.F64, y), DoubleVector.broadcast(Species.F64, z))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void edge(int n, long out, long a, double b, double c) {
        VectorMask<Double> mask = Species.F64.indexInRange(0, n);
        DoubleVector x = Access.loadF64(a, mask);
        DoubleVector result =
                FUNCTION.apply(x, DoubleVector.broadcast(Species.F64, b), DoubleVector.broadcast(Species.F64, c));
        Access.storeF64(result, out, mask);
    }
}
