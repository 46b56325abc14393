// Generated from src/main/templates/elementwise/TestLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.DoubleTest;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;

/** Template: {@code out = f(a, b)} as truth values, one byte each; one of the operands may be one repeated element. */
final class F64TestLoop implements Loop {
    private static final long BYTES = Double.BYTES;
    private static final DoubleTest FUNCTION = Template.constant(MethodHandles.lookup(), 0, DoubleTest.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == 0 || pattern == A_REPEATED || pattern == B_REPEATED;
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int body = n & -TruthBytes.STEP;
        if (body != n) {
            edge(pattern, body, n, out, a, b);
        }
        if (pattern == A_REPEATED) {
            leftRepeated(body, out, Access.f64(a), b);
        } else if (pattern == B_REPEATED) {
            rightRepeated(body, out, a, Access.f64(b));
        } else {
            dense(body, out, a, b);
        }
    }

    private static void dense(int n, long out, long a, long b) {
        for (int i = 0; i < n; i += TruthBytes.STEP) {
            long bits = 0;
            for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F64_LANES) {
                long at = BYTES * (i + lane);
                bits |= FUNCTION.apply(Access.loadF64(a + at), Access.loadF64(b + at))
                                .toLong()
                        << lane;
            }
            TruthBytes.store(bits, out + i);
        }
    }

    private static void leftRepeated(int n, long out, double a, long b) {
        for (int i = 0; i < n; i += TruthBytes.STEP) {
            long bits = 0;
            for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F64_LANES) {
                DoubleVector x = DoubleVector.broadcast(Species.F64, a);
                bits |= FUNCTION.apply(x, Access.loadF64(b + BYTES * (i + lane))).toLong() << lane;
            }
            TruthBytes.store(bits, out + i);
        }
    }

    private static void rightRepeated(int n, long out, long a, double b) {
        for (int i = 0; i < n; i += TruthBytes.STEP) {
            long bits = 0;
            for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F64_LANES) {
                DoubleVector y = DoubleVector.broadcast(Species.F64, b);
                bits |= FUNCTION.apply(Access.loadF64(a + BYTES * (i + lane)), y).toLong() << lane;
            }
            TruthBytes.store(bits, out + i);
        }
    }

    private static void edge(int pattern, int from, int to, long out, long a, long b) {
        for (int i = from; i < to; i++) {
            DoubleVector x = DoubleVector.broadcast(Species.F64, Access.f64(pattern == A_REPEATED ? a : a + BYTES * i));
            DoubleVector y = DoubleVector.broadcast(Species.F64, Access.f64(pattern == B_REPEATED ? b : b + BYTES * i));
            Access.i8(out + i, (byte) (FUNCTION.apply(x, y).toLong() & 1));
        }
    }
}
