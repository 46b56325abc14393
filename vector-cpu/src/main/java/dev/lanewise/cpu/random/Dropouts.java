package dev.lanewise.cpu.random;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i32;
import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.loadI32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.RangeBody;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Runs {@link RandomDropout}. */
public final class Dropouts {
    private static final long GRAIN = 1 << 12;

    private Dropouts() {}

    /** Runs the operation on any strided input into a dense output. */
    public static void run(RandomDropout op, Tensor[] inputs, Tensor[] outputs) {
        int bytes = outputs[0].dtype().bytes();
        long y = Dense.address(outputs[0]);
        float scale = (float) (1 / (1 - op.p()));
        // a uniform number is a 24-bit integer by 2^-24, so the comparison is one of integers
        int least = (int) Math.ceil((float) op.p() * 0x1p24);
        try (Dense x = Dense.of(inputs[0])) {
            long from = x.address();
            // a body for each type, since C2 would have too much in one
            RangeBody body = bytes == Float.BYTES
                    ? (begin, end) -> {
                        int n = (int) (end - begin);
                        try (Scratch words = words(op, begin, n)) {
                            long at = begin * Float.BYTES;
                            dropF32(words.address(), from + at, y + at, n, least, scale);
                        }
                    }
                    : (begin, end) -> {
                        int n = (int) (end - begin);
                        try (Scratch words = words(op, begin, n)) {
                            long at = begin * Double.BYTES;
                            dropF64(words.address(), from + at, y + at, n, least, scale);
                        }
                    };
            Workers.forRange(outputs[0].shape().elements(), GRAIN, body);
        }
    }

    /** The random words of elements. */
    private static Scratch words(RandomDropout op, long begin, int n) {
        int blocks = (n + 3) / 4;
        Scratch words = Scratch.borrow((blocks + Species.F64_LANES) * 2L * Long.BYTES);
        PhiloxBlocks.write(op.seed(), op.counter() + begin / 4, blocks, words.address());
        return words;
    }

    private static void dropF32(long words, long x, long y, int n, int least, float scale) {
        int i = 0;
        for (; i <= n - Species.F32_LANES; i += Species.F32_LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> dropped = loadI32(words + at)
                    .lanewise(VectorOperators.LSHR, 8)
                    .compare(VectorOperators.LT, least)
                    .cast(Species.F32);
            storeF32(loadF32(x + at).mul(scale).blend(0, dropped), y + at);
        }
        for (; i < n; i++) {
            long at = (long) i * Float.BYTES;
            f32(y + at, i32(words + at) >>> 8 >= least ? f32(x + at) * scale : 0);
        }
    }

    private static void dropF64(long words, long x, long y, int n, int least, float scale) {
        for (int i = 0; i < n; i++) {
            boolean survives = i32(words + (long) i * Integer.BYTES) >>> 8 >= least;
            long at = (long) i * Double.BYTES;
            f64(y + at, survives ? f64(x + at) * scale : 0);
        }
    }
}
