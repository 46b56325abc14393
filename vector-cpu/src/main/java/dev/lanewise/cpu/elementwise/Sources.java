package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Source;
import jdk.incubator.vector.LongVector;

/** Tensors made from numbers alone. */
final class Sources {
    private Sources() {}

    static void fill(Source.Fill fill, Tensor out) {
        long at = Nest.address(out);
        int width = out.dtype().bytes();
        write(out.dtype(), fill.value(), at);
        long pattern = repeat(at, width);
        long bytes = out.shape().elements() * width;
        Workers.forRange(bytes, 4L * Nest.GRAIN, (from, to) -> fillBytes(pattern, at + from, to - from));
    }

    /** Writes a number, converted as by a cast. */
    static void write(DType dtype, Number value, long at) {
        if (value instanceof Float || value instanceof Double) {
            Storage.realWriter(dtype).put(at, value.doubleValue());
        } else {
            long whole = value.longValue();
            Storage.integerWriter(dtype).put(at, dtype != DType.BOOL || whole == 0 ? whole : 1);
        }
    }

    private static long repeat(long at, int width) {
        return switch (width) {
            case 1 -> (Access.i8(at) & 0xFFL) * 0x0101010101010101L;
            case 2 -> (Access.i16(at) & 0xFFFFL) * 0x0001000100010001L;
            case 4 -> (Access.i32(at) & 0xFFFFFFFFL) * 0x0000000100000001L;
            default -> Access.i64(at);
        };
    }

    private static void fillBytes(long pattern, long out, long bytes) {
        if (pattern == 0) {
            NativeMemory.ALL.asSlice(out, bytes).fill((byte) 0);
            return;
        }
        int n = (int) bytes;
        int i = 0;
        for (; i <= n - Species.VECTOR_BYTES; i += Species.VECTOR_BYTES) {
            LongVector.broadcast(Species.I64, pattern)
                    .intoMemorySegment(NativeMemory.ALL, (out + i) & NativeMemory.MASK, Species.ORDER);
        }
        for (; i < n; i++) {
            Access.i8(out + i, (byte) (pattern >>> 8 * (i & 7)));
        }
    }

    static void range(Source.Range range, Tensor out) {
        long at = Nest.address(out);
        int width = out.dtype().bytes();
        double start = range.start();
        double step = range.step();
        Storage.RealWriter writer = Storage.realWriter(out.dtype());
        Workers.forRange(out.shape().elements(), Nest.GRAIN, (from, to) -> {
            for (long i = from; i < to; i++) {
                writer.put(at + i * width, start + i * step);
            }
        });
    }
}
