package dev.lanewise.cpu.random;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i32;
import static dev.lanewise.cpu.memory.Access.loadI32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Source;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;

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
        int perBlock = op.distribution() == Source.Distribution.INTEGER || dtype == DType.F64 ? 2 : 4;
        Workers.forRange(output.shape().elements(), GRAIN, (from, to) -> {
            int blocks = (int) ((to - from + perBlock - 1) / perBlock);
            try (Scratch scratch = Scratch.borrow((blocks + Species.F64_LANES) * 2L * Long.BYTES)) {
                PhiloxBlocks.write(op.seed(), op.counter() + from / perBlock, blocks, scratch.address());
                convert(op, dtype, scratch.address(), y + from * dtype.bytes(), (int) (to - from));
            }
        });
    }

    private static void convert(Source.Random op, DType dtype, long words, long y, int n) {
        switch (op.distribution()) {
            case UNIFORM -> {
                if (dtype == DType.F32) {
                    uniformF32(words, y, n);
                } else {
                    uniformF64(words, y, n);
                }
            }
            case NORMAL -> {
                if (dtype == DType.F32) {
                    normalF32(words, y, n);
                } else {
                    normalF64(words, y, n);
                }
            }
            case INTEGER -> integers(op, dtype, words, y, n);
        }
    }

    private static void uniformF32(long words, long y, int n) {
        int i = 0;
        for (; i <= n - Species.F32_LANES; i += Species.F32_LANES) {
            long at = (long) i * Float.BYTES;
            Vector<Float> integers =
                    loadI32(words + at).lanewise(VectorOperators.LSHR, 8).convert(VectorOperators.I2F, 0);
            storeF32(integers.reinterpretAsFloats().mul(0x1p-24f), y + at);
        }
        for (; i < n; i++) {
            f32(y + (long) i * Float.BYTES, unit(i32(words + (long) i * Integer.BYTES)));
        }
    }

    private static void uniformF64(long words, long y, int n) {
        for (int i = 0; i < n; i++) {
            f64(y + (long) i * Double.BYTES, unit(PhiloxBlocks.words(words, i)));
        }
    }

    private static void normalF32(long words, long y, int n) {
        for (int i = 0; i < n; i += 2) {
            long pair = PhiloxBlocks.words(words, i / 2);
            double radius = Math.sqrt(-2 * Math.log(1 - unit((int) pair)));
            double angle = 2 * Math.PI * unit((int) (pair >>> 32));
            f32(y + (long) i * Float.BYTES, (float) (radius * Math.cos(angle)));
            if (i + 1 < n) {
                f32(y + (i + 1L) * Float.BYTES, (float) (radius * Math.sin(angle)));
            }
        }
    }

    private static void normalF64(long words, long y, int n) {
        for (int i = 0; i < n; i += 2) {
            double radius = Math.sqrt(-2 * Math.log(1 - unit(PhiloxBlocks.words(words, i))));
            double angle = 2 * Math.PI * unit(PhiloxBlocks.words(words, i + 1));
            f64(y + (long) i * Double.BYTES, radius * Math.cos(angle));
            if (i + 1 < n) {
                f64(y + (i + 1L) * Double.BYTES, radius * Math.sin(angle));
            }
        }
    }

    private static void integers(Source.Random op, DType dtype, long words, long y, int n) {
        long range = op.b() - op.a();
        for (int i = 0; i < n; i++) {
            long value = Math.unsignedMultiplyHigh(PhiloxBlocks.words(words, i), range) + op.a();
            Access.integer(dtype, y + (long) i * dtype.bytes(), value);
        }
    }

    private static float unit(int word) {
        return (word >>> 8) * 0x1p-24f;
    }

    private static double unit(long words) {
        return (words >>> 11) * 0x1p-53;
    }
}
