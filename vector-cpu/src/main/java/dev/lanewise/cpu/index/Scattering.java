package dev.lanewise.cpu.index;

import static dev.lanewise.cpu.memory.Access.bits;
import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.StridedCopy;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.Scatter;
import java.util.Arrays;

/**
 * Runs {@link IndexAdd} and {@link Scatter}: writes by position. A task owns a part of the output and goes through the
 * positions in order, so that elements for the same place always combine in the same order.
 */
public final class Scattering {
    private static final long GRAIN_BYTES = 1 << 18;
    private static final long GRAIN = 1 << 13;

    /** The most tasks, since each of them goes through all positions. */
    private static final long MOST_TASKS = 16;

    private Scattering() {}

    /** Runs the operation on any strided inputs into a dense output. */
    public static void run(IndexAdd op, Tensor[] inputs, Tensor[] outputs) {
        Shape shape = outputs[0].shape();
        DType dtype = outputs[0].dtype();
        int bytes = dtype.bytes();
        long inner = shape.slice(op.dim() + 1, shape.rank()).elements();
        long outer = shape.slice(0, op.dim()).elements();
        long count = inputs[1].shape().elements();
        long output = Dense.address(outputs[0]);
        try (Dense slices = Dense.of(inputs[0]);
                Dense index = Dense.of(inputs[1])) {
            long source = slices.address();
            long positions = index.address();
            Positions.check(op, positions, count, op.dim(), op.size());
            long rows = outer * op.size();
            long rowBytes = inner * bytes;
            long grain = Math.max(Math.max(1, GRAIN_BYTES / rowBytes), Math.ceilDiv(rows, MOST_TASKS));
            Workers.forRange(rows, grain, (from, to) -> {
                NativeMemory.ALL
                        .asSlice(output + from * rowBytes, (to - from) * rowBytes)
                        .fill((byte) 0);
                for (long block = from / op.size(); block * op.size() < to; block++) {
                    for (long i = 0; i < count; i++) {
                        // a position that another thread has written since is another task's row, or nobody's
                        long row = block * op.size() + i64(positions + i * Long.BYTES);
                        if (row >= from && row < to) {
                            addRow(dtype, source + (block * count + i) * rowBytes, output + row * rowBytes, inner);
                        }
                    }
                }
            });
        }
    }

    private static void addRow(DType dtype, long x, long total, long n) {
        switch (dtype) {
            case F32 -> AddRow.f32(x, total, n);
            case F64 -> AddRow.f64(x, total, n);
            case I8, U8, I32, I64, BOOL -> {
                for (long i = 0; i < n * dtype.bytes(); i += dtype.bytes()) {
                    Access.integer(dtype, total + i, Access.integer(dtype, total + i) + Access.integer(dtype, x + i));
                }
            }
            case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
        }
    }

    /** Runs the operation on any strided inputs into a dense output. */
    public static void run(Scatter op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        DType dtype = output.dtype();
        int bytes = dtype.bytes();
        long target = Dense.address(output);
        long[] strides = output.strides();
        // in place, all but the elements to be written are where they belong
        if (Dense.address(inputs[0]) != target || !Arrays.equals(inputs[0].strides(), strides)) {
            StridedCopy.run(
                    bytes, output.shape().toArray(), Dense.address(inputs[0]), inputs[0].strides(), target, strides);
        }
        long[] sizes = inputs[1].shape().toArray();
        long count = inputs[1].shape().elements();
        if (count == 0) {
            return;
        }
        if (isByRows(op, inputs[1], output)) {
            rows(op, inputs[1], inputs[2], output);
            return;
        }
        long step = strides[op.dim()];
        strides[op.dim()] = 0;
        // elements that differ before the dimension never meet
        long block = inputs[1].shape().slice(op.dim(), sizes.length).elements();
        try (Dense index = Dense.of(inputs[1]);
                Dense elements = Dense.of(inputs[2])) {
            long positions = index.address();
            long source = elements.address();
            long size = output.shape().size(op.dim());
            Positions.check(op, positions, count, op.dim(), size);
            Workers.forRange(count / block, Math.max(1, GRAIN / block), (from, to) -> {
                Odometer y = new Odometer(sizes, strides, from * block);
                for (long i = from * block; i < to * block; i++) {
                    long offset = y.offset() + Positions.at(op, positions, i, op.dim(), size) * step;
                    combine(op.kind(), dtype, source + i * bytes, target + offset * bytes);
                    y.next();
                }
            });
        }
    }

    /** Whether whole rows are set or added, each at one position, which the view of the positions repeats. */
    private static boolean isByRows(Scatter op, Tensor index, Tensor output) {
        boolean byRows = op.dim() == 0
                && index.shape().rank() > 1
                && (op.kind() == Scatter.Kind.SET || op.kind() == Scatter.Kind.ADD)
                && output.isContiguous();
        for (int d = 1; byRows && d < index.shape().rank(); d++) {
            long size = index.shape().size(d);
            byRows = size == output.shape().size(d) && (size == 1 || index.stride(d) == 0);
        }
        return byRows;
    }

    private static void rows(Scatter op, Tensor index, Tensor elements, Tensor output) {
        DType dtype = output.dtype();
        long count = index.shape().size(0);
        long inner = index.shape().elements() / count;
        long bytes = inner * dtype.bytes();
        long size = output.shape().size(0);
        long target = Dense.address(output);
        try (Dense column = Dense.of(index, new long[] {count}, new long[] {index.stride(0)});
                Dense rows = Dense.of(elements)) {
            long positions = column.address();
            long source = rows.address();
            Positions.check(op, positions, count, 0, size);
            long grain = count * bytes <= GRAIN_BYTES ? size : Math.ceilDiv(size, MOST_TASKS);
            Workers.forRange(size, grain, (from, to) -> {
                for (long i = 0; i < count; i++) {
                    long row = i64(positions + i * Long.BYTES);
                    if (row < from || row >= to) {
                        continue;
                    }
                    if (op.kind() == Scatter.Kind.SET) {
                        Selection.copy(dtype.bytes(), source + i * bytes, target + row * bytes, bytes);
                    } else {
                        addRow(dtype, source + i * bytes, target + row * bytes, inner);
                    }
                }
            });
        }
    }

    private static void combine(Scatter.Kind kind, DType dtype, long x, long y) {
        if (kind == Scatter.Kind.SET) {
            bits(dtype.bytes(), y, bits(dtype.bytes(), x));
            return;
        }
        switch (dtype) {
            case F32 -> f32(y, (float) combine(kind, f32(y), f32(x)));
            case F64 -> f64(y, combine(kind, f64(y), f64(x)));
            case I8, U8, I32, I64, BOOL ->
                Access.integer(dtype, y, combine(kind, Access.integer(dtype, y), Access.integer(dtype, x)));
            case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
        }
    }

    private static double combine(Scatter.Kind kind, double a, double b) {
        return switch (kind) {
            case SET -> b;
            case ADD -> a + b;
            case MUL -> a * b;
            case AMAX -> Math.max(a, b);
            case AMIN -> Math.min(a, b);
        };
    }

    private static long combine(Scatter.Kind kind, long a, long b) {
        return switch (kind) {
            case SET -> b;
            case ADD -> a + b;
            case MUL -> a * b;
            case AMAX -> Math.max(a, b);
            case AMIN -> Math.min(a, b);
        };
    }
}
