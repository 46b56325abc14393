package dev.lanewise.testkit;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.spi.Philox;

/** Tensors made from nothing: constants, ranges and random numbers. */
final class ReferenceSources {
    private ReferenceSources() {}

    static void make(Source source, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            switch (source) {
                case Source.Fill fill -> fill(fill.value(), out, at);
                case Source.Range range -> out.set(range.start() + i * range.step(), at);
                case Source.Random random -> random(random, i, out, at);
            }
        }
    }

    private static void fill(Number value, Elements out, long[] at) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            boolean truth = out.dtype() == DType.BOOL;
            out.set(truth ? Math.min(Math.abs(value.longValue()), 1) : value.longValue(), at);
        } else {
            out.set(value.doubleValue(), at);
        }
    }

    private static void random(Source.Random random, long i, Elements out, long[] at) {
        switch (random.distribution()) {
            case UNIFORM -> out.set(truncated(uniform(random, i), random.spec().dtype()), at);
            case NORMAL -> out.set(normal(random, i), at);
            case INTEGER -> {
                long word = word64(random, i);
                out.set(random.a() + Math.unsignedMultiplyHigh(word, random.b() - random.a()), at);
            }
        }
    }

    private static double uniform(Source.Random random, long i) {
        return random.spec().dtype() == DType.F64
                ? (word64(random, i) >>> 11) * 0x1p-53
                : (word32(random, i) >>> 8) * 0x1p-24;
    }

    /** A number below 1 stays so in a narrow type. */
    private static double truncated(double number, DType dtype) {
        int bits = switch (dtype) {
            case F16 -> 11;
            case BF16 -> 8;
            default -> 53;
        };
        return Math.scalb(Math.floor(Math.scalb(number, bits)), -bits);
    }

    private static double normal(Source.Random random, long i) {
        long pair = i & ~1L;
        double radius = Math.sqrt(-2 * Math.log(1 - uniform(random, pair)));
        double angle = 2 * Math.PI * uniform(random, pair + 1);
        return radius * (i == pair ? Math.cos(angle) : Math.sin(angle));
    }

    /** The i-th 64-bit word of the stream. */
    private static long word64(Source.Random random, long i) {
        long block = random.counter() + i / 2;
        return i % 2 == 0 ? Philox.low(random.seed(), block) : Philox.high(random.seed(), block);
    }

    /** The i-th 32-bit word of the stream. */
    private static int word32(Source.Random random, long i) {
        long word = word64(random, i / 2);
        return (int) (i % 2 == 0 ? word : word >>> 32);
    }
}
