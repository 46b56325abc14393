package dev.lanewise.cpu.random;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Dropout;
import dev.lanewise.tensor.op.Philox;

/** Runs {@link Dropout}. */
public final class Dropouts {
    private static final long GRAIN = 1 << 12;

    private Dropouts() {}

    /** Runs the operation on any strided input into a dense output. */
    public static void run(Dropout op, Tensor[] inputs, Tensor[] outputs) {
        int bytes = outputs[0].dtype().bytes();
        long y = Dense.address(outputs[0]);
        float scale = (float) (1 / (1 - op.p()));
        // a uniform number is a 24-bit integer by 2^-24, so the comparison is one of integers
        int least = (int) Math.ceil((float) op.p() * 0x1p24);
        try (Dense x = Dense.of(inputs[0])) {
            long from = x.address();
            Workers.forRange(outputs[0].shape().elements(), GRAIN, (begin, end) -> {
                for (long i = begin; i < end; i += 4) {
                    long low = Philox.low(op.seed(), op.counter() + i / 4);
                    long high = Philox.high(op.seed(), op.counter() + i / 4);
                    for (long j = i; j < Math.min(end, i + 4); j++) {
                        int word = (int) ((j - i < 2 ? low : high) >>> 32 * (j & 1));
                        boolean survives = word >>> 8 >= least;
                        long at = j * bytes;
                        if (bytes == Float.BYTES) {
                            f32(y + at, survives ? f32(from + at) * scale : 0);
                        } else {
                            f64(y + at, survives ? f64(from + at) * scale : 0);
                        }
                    }
                }
            });
        }
    }
}
