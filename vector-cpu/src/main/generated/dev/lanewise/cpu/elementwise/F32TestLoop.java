// Generated from src/main/templates/elementwise/TestLoop.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.Functions.FloatTest;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;

/** Template: {@code out = f(a, b)} as truth values, one byte each; one of the operands may be one repeated element. */
final class F32TestLoop implements Loop {
    private static final long BYTES = Float.BYTES;
    private static final FloatTest FUNCTION = Template.constant(MethodHandles.lookup(), 0, FloatTest.class);

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
            leftRepeated(body, out, Access.f32(a), b);
        } else if (pattern == B_REPEATED) {
            rightRepeated(body, out, a, Access.f32(b));
        } else {
            dense(body, out, a, b);
        }
    }

    private static void dense(int n, long out, long a, long b) {
        for (int i = 0; i < n; i += TruthBytes.STEP) {
            long bits = 0;
            for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F32_LANES) {
                long at = BYTES * (i + lane);
                bits |= FUNCTION.apply(Access.loadF32(a + at), Access.loadF32(b + at))
                                .toLong()
                        << lane;
            }
            TruthBytes.store(bits, out + i);
        }
    }

    private static void leftRepeated(int n, long out, float a, long b) {
        for (int i = 0; i < n; i += TruthBytes.STEP) {
            long bits = 0;
            for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F32_LANES) {
                FloatVector x = FloatVector.broadcast(Species.F32, a);
                bits |= FUNCTION.apply(x, Access.loadF32(b + BYTES * (i + lane))).toLong() << lane;
            }
            TruthBytes.store(bits, out + i);
        }
    }

    private static void rightRepeated(int n, long out, long a, float b) {
        for (int i = 0; i < n; i += TruthBytes.STEP) {
            long bits = 0;
            for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F32_LANES) {
                FloatVector y = FloatVector.broadcast(Species.F32, b);
                bits |= FUNCTION.apply(Access.loadF32(a + BYTES * (i + lane)), y).toLong() << lane;
            }
            TruthBytes.store(bits, out + i);
        }
    }

    private static void edge(int pattern, int from, int to, long out, long a, long b) {
        for (int i = from; i < to; i++) {
            FloatVector x = FloatVector.broadcast(Species.F32, Access.f32(pattern == A_REPEATED ? a : a + BYTES * i));
            FloatVector y = FloatVector.broadcast(Species.F32, Access.f32(pattern == B_REPEATED ? b : b + BYTES * i));
            Access.i8(out + i, (byte) (FUNCTION.apply(x, y).toLong() & 1));
        }
    }
}
