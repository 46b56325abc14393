package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Runs {@link dev.lanewise.tensor.op.matrix.DynamicQuantize}: one pass for the range, one that rounds. */
public final class Quantization {
    /** Elements of a task; the range is that of the tasks' ranges, in any order. */
    private static final long GRAIN = 1 << 15;

    /** Added and taken away again, it rounds what is below 2^22 to whole numbers, halves to even ones. */
    private static final float ROUNDER = 0x1.8p23f;

    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, Lanes.COUNT * 8)));
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Quantization() {}

    /** Rounds to 8 bits by the range. */
    public static void run(Tensor[] inputs, Tensor[] outputs) {
        long count = inputs[0].shape().elements();
        try (Dense x = Dense.of(inputs[0])) {
            float[] range = range(x.address(), count);
            float scale = (range[1] - range[0]) / 255;
            float step = scale > 0 ? scale : 1;
            float zero = (float) Math.rint(Math.clamp(-range[0] / step, 0f, 255f));
            long y = Dense.address(outputs[0]);
            Workers.forRange(count, GRAIN, (from, to) -> round(x.address(), y, from, to, step, zero));
            ALL.set(FLOAT, Dense.address(outputs[1]), scale);
            ALL.set(ValueLayout.JAVA_BYTE, Dense.address(outputs[2]), (byte) (int) zero);
        }
    }

    /** The least and the largest number, and 0. */
    private static float[] range(long x, long count) {
        int tasks = Math.toIntExact(Math.ceilDiv(count, GRAIN));
        try (Scratch parts = Scratch.borrow(tasks * 8L)) {
            Workers.run(tasks, task -> {
                long from = task * GRAIN;
                range(x + from * 4, Math.min(GRAIN, count - from), parts.address() + task * 8L);
            });
            float[] range = new float[2];
            for (int i = 0; i < tasks; i++) {
                range[0] = Math.min(range[0], ALL.get(FLOAT, parts.address() + i * 8L));
                range[1] = Math.max(range[1], ALL.get(FLOAT, parts.address() + i * 8L + 4));
            }
            return range;
        }
    }

    private static void range(long x, long count, long out) {
        FloatVector least = FloatVector.zero(Lanes.F32);
        FloatVector most = FloatVector.zero(Lanes.F32);
        long i = 0;
        for (; i <= count - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector v = Lanes.load((x + i * 4) & MASK);
            least = least.min(v);
            most = most.max(v);
        }
        float a = least.reduceLanes(VectorOperators.MIN);
        float b = most.reduceLanes(VectorOperators.MAX);
        for (; i < count; i++) {
            float v = ALL.get(FLOAT, (x + i * 4) & MASK);
            a = Math.min(a, v);
            b = Math.max(b, v);
        }
        ALL.set(FLOAT, out & MASK, a);
        ALL.set(FLOAT, (out + 4) & MASK, b);
    }

    private static void round(long x, long y, long from, long to, float step, float zero) {
        FloatVector divisor = Lanes.broadcast(step);
        long i = from;
        for (; i <= to - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector ratio = Lanes.load((x + i * 4) & MASK).div(divisor);
            FloatVector whole = ratio.add(ROUNDER).sub(ROUNDER).add(zero);
            store(whole.max(0f).min(255f), (y + i) & MASK);
        }
        for (; i < to; i++) {
            float ratio = ALL.get(FLOAT, (x + i * 4) & MASK) / step;
            float whole = ratio + ROUNDER - ROUNDER + zero;
            ALL.set(ValueLayout.JAVA_BYTE, (y + i) & MASK, (byte) (int) Math.clamp(whole, 0f, 255f));
        }
    }

    private static void store(FloatVector whole, long at) {
        IntVector integers = (IntVector) whole.convertShape(VectorOperators.F2I, Lanes.I32, 0);
        ByteVector bytes = (ByteVector) integers.convertShape(VectorOperators.I2B, BYTES, 0);
        if (Lanes.COUNT == 4) {
            ALL.set(INT, at, bytes.reinterpretAsInts().lane(0));
        } else {
            bytes.intoMemorySegment(ALL, at, Species.ORDER);
        }
    }
}
