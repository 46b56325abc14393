package dev.lanewise.cpu.index;

import static dev.lanewise.cpu.memory.Access.bits;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexSelect;
import java.lang.foreign.MemorySegment;

/** Runs {@link IndexSelect} and {@link Gather}: reads by position. */
public final class Selection {
    private static final long GRAIN_BYTES = 1 << 16;
    private static final long GRAIN = 1 << 13;

    /** Below this a loop copies faster than a call. */
    private static final long BULK_BYTES = 64;

    private Selection() {}

    /** Runs the operation on any strided inputs of any type into a dense output. */
    public static void run(IndexSelect op, Tensor[] inputs, Tensor[] outputs) {
        Shape shape = inputs[0].shape();
        int bytes = inputs[0].dtype().bytes();
        long size = shape.size(op.dim());
        long inner = shape.slice(op.dim() + 1, shape.rank()).elements() * bytes;
        long outer = shape.slice(0, op.dim()).elements();
        long count = inputs[1].shape().elements();
        long output = Dense.address(outputs[0]);
        try (Dense x = Dense.of(inputs[0]);
                Dense index = Dense.of(inputs[1])) {
            long source = x.address();
            long positions = index.address();
            Positions.check(op, positions, count, op.dim(), size);
            Workers.forRange(outer * count, Math.max(1, GRAIN_BYTES / inner), (from, to) -> {
                for (long i = from; i < to; i++) {
                    long position = Positions.at(op, positions, i % count, op.dim(), size);
                    copy(bytes, source + (i / count * size + position) * inner, output + i * inner, inner);
                }
            });
        }
    }

    /** Copies neighbouring elements. */
    static void copy(int elementBytes, long from, long to, long bytes) {
        if (bytes >= BULK_BYTES) {
            MemorySegment.copy(NativeMemory.ALL, from, NativeMemory.ALL, to, bytes);
            return;
        }
        for (long i = 0; i < bytes; i += elementBytes) {
            bits(elementBytes, to + i, bits(elementBytes, from + i));
        }
    }

    /** Runs the operation on any strided inputs of any type into a dense output. */
    public static void run(Gather op, Tensor[] inputs, Tensor[] outputs) {
        int bytes = inputs[0].dtype().bytes();
        long[] sizes = inputs[1].shape().toArray();
        long[] strides = inputs[0].strides();
        long step = strides.length == 0 ? 0 : strides[op.dim()];
        if (strides.length > 0) {
            strides[op.dim()] = 0;
        }
        long source = Dense.address(inputs[0]);
        long output = Dense.address(outputs[0]);
        try (Dense index = Dense.of(inputs[1])) {
            long positions = index.address();
            long count = outputs[0].shape().elements();
            long size = inputs[0].shape().size(op.dim());
            Positions.check(op, positions, count, op.dim(), size);
            Workers.forRange(count, GRAIN, (from, to) -> {
                Odometer x = new Odometer(sizes, strides, from);
                for (long i = from; i < to; i++) {
                    long offset = x.offset() + Positions.at(op, positions, i, op.dim(), size) * step;
                    bits(bytes, output + i * bytes, bits(bytes, source + offset * bytes));
                    x.next();
                }
            });
        }
    }
}
