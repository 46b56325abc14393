package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.Scan;

/** Runs {@link Scan}; floating-point numbers accumulate in double precision. */
public final class Scans {
    private Scans() {}

    /** Runs the operation on any strided input into a dense output. */
    public static void run(Scan op, Tensor[] inputs, Tensor[] outputs) {
        Lanes lanes = Lanes.of(inputs[0].shape(), op.dim());
        DType dtype = inputs[0].dtype();
        boolean sum = op.kind() == Scan.Kind.CUMSUM;
        long output = Dense.address(outputs[0]);
        try (Dense x = Dense.of(inputs[0])) {
            long address = x.address();
            long step = op.reverse() ? -lanes.inner() : lanes.inner();
            long start = op.reverse() ? (lanes.size() - 1) * lanes.inner() : 0;
            lanes.forEach((lane, first) -> {
                long at = first + start;
                if (dtype.isFloating()) {
                    real(dtype, sum, address, output, at, step, lanes.size());
                } else {
                    integer(dtype, sum, address, output, at, step, lanes.size());
                }
            });
        }
    }

    private static void real(DType dtype, boolean sum, long x, long y, long first, long step, long n) {
        double total = sum ? 0 : 1;
        boolean single = dtype == DType.F32;
        for (long i = 0, at = first; i < n; i++, at += step) {
            double value = single ? f32(x + at * Float.BYTES) : f64(x + at * Double.BYTES);
            total = sum ? total + value : total * value;
            if (single) {
                f32(y + at * Float.BYTES, (float) total);
            } else {
                f64(y + at * Double.BYTES, total);
            }
        }
    }

    private static void integer(DType dtype, boolean sum, long x, long y, long first, long step, long n) {
        long total = sum ? 0 : 1;
        for (long i = 0, at = first; i < n; i++, at += step) {
            long value = Access.integer(dtype, x + at * dtype.bytes());
            total = sum ? total + value : total * value;
            i64(y + at * Long.BYTES, total);
        }
    }
}
