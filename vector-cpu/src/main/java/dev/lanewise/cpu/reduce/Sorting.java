package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.Access.bits;
import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.reduce.Sort;
import java.util.Arrays;

/**
 * Runs {@link Sort}. Elements become integer keys of the same order. A key of up to 32 bits shares one {@code long} with
 * its position, which makes the sort stable for free; longer keys are merged.
 */
public final class Sorting {
    private Sorting() {}

    /** Runs the operation on any strided input into dense outputs. */
    public static void run(Sort op, Tensor[] inputs, Tensor[] outputs) {
        Lanes lanes = Lanes.of(inputs[0].shape(), op.dim());
        if (lanes.size() > Integer.MAX_VALUE - 8) {
            throw new TensorException("sort: dimension " + op.dim() + " of " + inputs[0].spec() + " has " + lanes.size()
                    + " elements (expected less than 2^31); sort parts of it");
        }
        DType dtype = inputs[0].dtype();
        long values = Dense.address(outputs[0]);
        long positions = Dense.address(outputs[1]);
        try (Dense x = Dense.of(inputs[0])) {
            long address = x.address();
            lanes.forEach((lane, first) -> {
                int n = (int) lanes.size();
                long[] keys = new long[n];
                for (int i = 0; i < n; i++) {
                    long key = key(dtype, address + (first + i * lanes.inner()) * dtype.bytes());
                    keys[i] = op.descending() ? ~key : key;
                }
                int[] order = dtype.bytes() <= Integer.BYTES ? packedOrder(keys) : mergedOrder(keys);
                for (int i = 0; i < n; i++) {
                    long to = first + i * lanes.inner();
                    long from = first + order[i] * lanes.inner();
                    bits(
                            dtype.bytes(),
                            values + to * dtype.bytes(),
                            bits(dtype.bytes(), address + from * dtype.bytes()));
                    i64(positions + to * Long.BYTES, order[i]);
                }
            });
        }
    }

    /** An integer that orders as the element does: -0 as 0, NaN last. */
    private static long key(DType dtype, long address) {
        return switch (dtype) {
            case F32 -> {
                int bits = Float.floatToIntBits(f32(address) + 0f);
                yield bits ^ bits >> 31 & Integer.MAX_VALUE;
            }
            case F64 -> {
                long bits = Double.doubleToLongBits(f64(address) + 0.0);
                yield bits ^ bits >> 63 & Long.MAX_VALUE;
            }
            case I8, U8, I32, I64, BOOL -> Access.integer(dtype, address);
            case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
        };
    }

    private static int[] packedOrder(long[] keys) {
        for (int i = 0; i < keys.length; i++) {
            keys[i] = keys[i] << 32 | i;
        }
        Arrays.sort(keys);
        int[] order = new int[keys.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) keys[i];
        }
        return order;
    }

    /** Merge sort from runs of one element upwards. */
    private static int[] mergedOrder(long[] keys) {
        int n = keys.length;
        int[] order = new int[n];
        int[] merged = new int[n];
        Arrays.setAll(order, i -> i);
        for (long width = 1; width < n; width *= 2) {
            for (long from = 0; from < n; from += 2 * width) {
                merge(keys, order, merged, (int) from, (int) Math.min(n, from + width), (int)
                        Math.min(n, from + 2 * width));
            }
            int[] swap = order;
            order = merged;
            merged = swap;
        }
        return order;
    }

    private static void merge(long[] keys, int[] from, int[] to, int start, int middle, int end) {
        int left = start;
        int right = middle;
        for (int i = start; i < end; i++) {
            boolean takeLeft = right == end || left < middle && keys[from[left]] <= keys[from[right]];
            to[i] = takeLeft ? from[left++] : from[right++];
        }
    }
}
