package dev.lanewise.cpu.random;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Philox;
import dev.lanewise.tensor.op.Source;

/** Runs {@link Source.Random}; {@link Source.Distribution} says which words of which block an element takes. */
public final class RandomSource {
    /** Even, so that no task parts a pair of normal numbers; a multiple of four, so that none parts a block. */
    private static final long GRAIN = 1 << 12;

    private RandomSource() {}

    /** Fills a dense output. */
    public static void run(Source.Random op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        DType dtype = output.dtype();
        long y = Dense.address(output);
        Workers.forRange(output.shape().elements(), GRAIN, (from, to) -> {
            switch (op.distribution()) {
                case UNIFORM -> {
                    if (dtype == DType.F32) {
                        uniformF32(op, y, from, to);
                    } else {
                        uniformF64(op, y, from, to);
                    }
                }
                case NORMAL -> {
                    if (dtype == DType.F32) {
                        normalF32(op, y, from, to);
                    } else {
                        normalF64(op, y, from, to);
                    }
                }
                case INTEGER -> integers(op, dtype, y, from, to);
            }
        });
    }

    private static void uniformF32(Source.Random op, long y, long from, long to) {
        for (long i = from; i < to; i += 2) {
            long words = twoWords(op, i / 2);
            f32(y + i * Float.BYTES, unit((int) words));
            if (i + 1 < to) {
                f32(y + (i + 1) * Float.BYTES, unit((int) (words >>> 32)));
            }
        }
    }

    private static void uniformF64(Source.Random op, long y, long from, long to) {
        for (long i = from; i < to; i++) {
            f64(y + i * Double.BYTES, unit(twoWords(op, i)));
        }
    }

    private static void normalF32(Source.Random op, long y, long from, long to) {
        for (long i = from; i < to; i += 2) {
            long words = twoWords(op, i / 2);
            double radius = Math.sqrt(-2 * Math.log1p(-unit((int) words)));
            double angle = 2 * Math.PI * unit((int) (words >>> 32));
            f32(y + i * Float.BYTES, (float) (radius * Math.cos(angle)));
            if (i + 1 < to) {
                f32(y + (i + 1) * Float.BYTES, (float) (radius * Math.sin(angle)));
            }
        }
    }

    private static void normalF64(Source.Random op, long y, long from, long to) {
        for (long i = from; i < to; i += 2) {
            double radius = Math.sqrt(-2 * Math.log1p(-unit(twoWords(op, i))));
            double angle = 2 * Math.PI * unit(twoWords(op, i + 1));
            f64(y + i * Double.BYTES, radius * Math.cos(angle));
            if (i + 1 < to) {
                f64(y + (i + 1) * Double.BYTES, radius * Math.sin(angle));
            }
        }
    }

    private static void integers(Source.Random op, DType dtype, long y, long from, long to) {
        long range = op.b() - op.a();
        for (long i = from; i < to; i++) {
            long value = Math.unsignedMultiplyHigh(twoWords(op, i), range) + op.a();
            Access.integer(dtype, y + i * dtype.bytes(), value);
        }
    }

    /** Words 2i and 2i + 1 of the stream, the first one in the lower half. */
    private static long twoWords(Source.Random op, long i) {
        long block = op.counter() + i / 2;
        return i % 2 == 0 ? Philox.low(op.seed(), block) : Philox.high(op.seed(), block);
    }

    private static float unit(int word) {
        return (word >>> 8) * 0x1p-24f;
    }

    private static double unit(long words) {
        return (words >>> 11) * 0x1p-53;
    }
}
