package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.ArgReduce;

/** Runs {@link ArgReduce}. */
public final class ArgReductions {
    private ArgReductions() {}

    /** Runs the operation on any strided input into a dense output. */
    public static void run(ArgReduce op, Tensor[] inputs, Tensor[] outputs) {
        Lanes lanes = Lanes.of(inputs[0].shape(), op.dim());
        DType dtype = inputs[0].dtype();
        int bytes = dtype.bytes();
        boolean largest = op.kind() == ArgReduce.Kind.ARGMAX;
        long output = Dense.address(outputs[0]);
        try (Dense x = Dense.of(inputs[0])) {
            long address = x.address();
            long step = lanes.inner() * bytes;
            lanes.forEach((lane, first) -> {
                long at = address + first * bytes;
                long position = switch (dtype) {
                    case F32 -> f32Position(at, step, lanes.size(), largest);
                    case F64 -> f64Position(at, step, lanes.size(), largest);
                    case I8, U8, I32, I64, BOOL -> position(dtype, at, step, lanes.size(), largest);
                    case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
                };
                i64(output + lane * Long.BYTES, position);
            });
        }
    }

    private static long f32Position(long x, long step, long n, boolean largest) {
        float sign = largest ? 1 : -1;
        float best = sign * f32(x);
        long position = 0;
        for (long i = 1; i < n && !Float.isNaN(best); i++) {
            float value = sign * f32(x + i * step);
            if (!(value <= best)) {
                best = value;
                position = i;
            }
        }
        return position;
    }

    private static long f64Position(long x, long step, long n, boolean largest) {
        double sign = largest ? 1 : -1;
        double best = sign * f64(x);
        long position = 0;
        for (long i = 1; i < n && !Double.isNaN(best); i++) {
            double value = sign * f64(x + i * step);
            if (!(value <= best)) {
                best = value;
                position = i;
            }
        }
        return position;
    }

    private static long position(DType dtype, long x, long step, long n, boolean largest) {
        long best = Access.integer(dtype, x);
        long position = 0;
        for (long i = 1; i < n; i++) {
            long value = Access.integer(dtype, x + i * step);
            if (largest ? value > best : value < best) {
                best = value;
                position = i;
            }
        }
        return position;
    }
}
