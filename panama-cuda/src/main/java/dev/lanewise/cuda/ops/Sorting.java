package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.reduce.Sort;
import java.lang.foreign.MemorySegment;

/** Runs {@link Sort}: a block sorts a chunk in shared memory; longer lines are merged from sorted runs. */
public final class Sorting {
    private static final Program.OfType SORT = new Program.OfType("sort", KernelTemplates::sort);

    /** The number of elements that a block sorts. */
    private static final int CHUNK = 1024;

    private static final long LINES_BYTES = 4 * 8;

    private final CudaDevice device;
    private final Program program;
    private final Lines lines;
    private final boolean descending;
    private final int keyBytes;

    private Sorting(CudaDevice device, DType type, Lines lines, boolean descending) {
        this.device = device;
        this.program = SORT.of(type);
        this.lines = lines;
        this.descending = descending;
        keyBytes = type.bytes() == Long.BYTES ? Long.BYTES : Integer.BYTES;
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Sort op, Tensor[] inputs, Tensor[] outputs) {
        Lines lines = Lines.of(inputs[0].shape(), op.dim());
        if (lines.n() > Integer.MAX_VALUE) {
            throw new TensorException("sort: dimension " + op.dim() + " of " + inputs[0].spec() + " has " + lines.n()
                    + " elements (expected less than 2^31); sort parts of it");
        }
        try (Dense x = Dense.of(device, inputs[0])) {
            new Sorting(device, inputs[0].dtype(), lines, op.descending())
                    .run(x.address(), DeviceBuffer.address(outputs[0]), DeviceBuffer.address(outputs[1]));
        }
    }

    /** Queues the sorting of {@code count} dense numbers, with where each one was. */
    static void ascending(CudaDevice device, DType type, long count, long x, long sorted, long positions) {
        new Sorting(device, type, new Lines(1, count, 1), false).run(x, sorted, positions);
    }

    private void run(long x, long sorted, long positions) {
        if (lines.n() <= CHUNK) {
            int chunk = Math.max(2, Integer.highestOneBit(Math.max((int) lines.n() - 1, 1)) << 1);
            sortChunks(chunk, x, 0, 0, sorted, positions);
            return;
        }
        long total = lines.count() * lines.n();
        try (ScratchMemory keys = device.scratch(total * keyBytes);
                ScratchMemory order = device.scratch(total * Integer.BYTES);
                ScratchMemory mergedKeys = device.scratch(total * keyBytes);
                ScratchMemory mergedOrder = device.scratch(total * Integer.BYTES)) {
            sortChunks(CHUNK, x, keys.address(), order.address(), 0, 0);
            Runs from = new Runs(keys.address(), order.address());
            Runs to = new Runs(mergedKeys.address(), mergedOrder.address());
            for (long width = CHUNK; width < lines.n(); width *= 2) {
                merge(width, from, to);
                Runs swap = from;
                from = to;
                to = swap;
            }
            KernelArguments arguments =
                    arguments().pointer(x).pointer(from.order).pointer(sorted).pointer(positions);
            Launch.queue(device, program, "take_sorted", Threads.of(total), arguments);
        }
    }

    private record Runs(long keys, long order) {}

    private void sortChunks(int chunk, long x, long keys, long order, long sorted, long positions) {
        KernelArguments arguments = arguments()
                .i32(chunk)
                .pointer(x)
                .pointer(keys)
                .pointer(order)
                .pointer(sorted)
                .pointer(positions);
        long chunks = lines.count() * Math.ceilDiv(lines.n(), (long) chunk);
        Launch.queue(device, program, "sort_chunks", Threads.ofBlocks(chunks, chunk / 2), arguments);
    }

    private void merge(long width, Runs from, Runs to) {
        KernelArguments arguments = arguments()
                .i64(width)
                .pointer(from.keys)
                .pointer(from.order)
                .pointer(to.keys)
                .pointer(to.order);
        Launch.queue(device, program, "merge_runs", Threads.of(lines.count() * lines.n()), arguments);
    }

    private KernelArguments arguments() {
        KernelArguments arguments = device.arguments();
        MemorySegment struct = arguments.struct(LINES_BYTES);
        struct.setAtIndex(JAVA_LONG, 0, lines.count());
        struct.setAtIndex(JAVA_LONG, 1, lines.n());
        struct.setAtIndex(JAVA_LONG, 2, lines.inner());
        struct.set(JAVA_INT, 24, descending ? 1 : 0);
        return arguments;
    }
}
