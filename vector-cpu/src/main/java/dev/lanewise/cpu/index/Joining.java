package dev.lanewise.cpu.index;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.StridedCopy;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.view.Slice;

/** Runs {@link Cat}, {@link Pad} and {@link SliceGrad}: copies into parts of a larger tensor. */
public final class Joining {
    private static final long GRAIN = 1 << 16;

    private Joining() {}

    /** Runs the operation on any strided inputs of any type into a dense output. */
    public static void run(Cat op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        int bytes = output.dtype().bytes();
        long[] strides = output.strides();
        long target = Dense.address(output);
        for (Tensor input : inputs) {
            copy(input, target, strides);
            target += input.shape().size(op.dim()) * strides[op.dim()] * bytes;
        }
    }

    /** Runs the operation on any strided input of any type into a dense output. */
    public static void run(Pad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        long[] strides = output.strides();
        long target = Dense.address(output);
        if (!output.shape().equals(inputs[0].shape())) {
            fill(output, bits(output.dtype(), op.value()));
        }
        for (int d = 0; d < strides.length; d++) {
            target += op.before().get(d) * strides[d] * output.dtype().bytes();
        }
        copy(inputs[0], target, strides);
    }

    /** Runs the operation on any strided input of any type into a dense output. */
    public static void run(SliceGrad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        Slice slice = op.slice();
        long[] strides = output.strides();
        long target = Dense.address(output)
                + slice.start() * strides[slice.dim()] * output.dtype().bytes();
        if (!output.shape().equals(inputs[0].shape())) {
            fill(output, 0);
        }
        strides[slice.dim()] *= slice.step();
        copy(inputs[0], target, strides);
    }

    private static void copy(Tensor from, long target, long[] strides) {
        StridedCopy.run(
                from.dtype().bytes(), from.shape().toArray(), Dense.address(from), from.strides(), target, strides);
    }

    private static void fill(Tensor output, long bits) {
        int bytes = output.dtype().bytes();
        long address = Dense.address(output);
        Workers.forRange(output.shape().elements(), GRAIN, (from, to) -> {
            if (bits == 0) {
                NativeMemory.ALL
                        .asSlice(address + from * bytes, (to - from) * bytes)
                        .fill((byte) 0);
                return;
            }
            for (long i = from; i < to; i++) {
                Access.bits(bytes, address + i * bytes, bits);
            }
        });
    }

    /** A number as an element's bits; integers are truncated. */
    private static long bits(DType dtype, double value) {
        return switch (dtype) {
            case F32 -> Float.floatToRawIntBits((float) value);
            case F64 -> Double.doubleToRawLongBits(value);
            case F16 -> Float.floatToFloat16((float) value);
            case BF16 -> bfloat16((float) value);
            case I8, U8, I32, I64 -> (long) value;
            case BOOL -> value != 0 ? 1 : 0;
        };
    }

    /** Rounds to the nearest bfloat16, halves to even. */
    private static long bfloat16(float value) {
        int bits = Float.floatToIntBits(value);
        return Float.isNaN(value) ? 0x7FC0 : bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
    }
}
