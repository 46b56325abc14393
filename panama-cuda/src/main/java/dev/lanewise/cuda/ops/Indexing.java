package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Faults;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Scatter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Reads and writes by position. Elements written to one place are combined in the positions' order, so that results
 * have the same bits every time. Positions out of range are reported when a result is read.
 */
public final class Indexing {
    private static final Program[] MOVES = {moves(1), moves(2), moves(4), moves(8), moves(16)};
    private static final Program.OfType INDEX_ADD = new Program.OfType("index_add", KernelTemplates::indexAdd);
    private static final Program.OfKind<Scatter.Kind> SCATTER =
            new Program.OfKind<>(Scatter.Kind.class, KernelTemplates::scatter);

    private static final int WIDEST_WORD = 16;

    /** Blocks that share the columns of a sum. */
    private static final int MOST_COLUMN_BLOCKS = 64;

    private static final int COLUMNS = 64;

    /** So many equal positions are summed by one thread even where there are few positions. */
    private static final long LEAST_SEGMENT = 128;

    /** The widest type that is summed in. */
    private static final long ACCUMULATOR_BYTES = 8;

    private Indexing() {}

    private static Program moves(int bytes) {
        return new Program("indexing " + bytes, () -> KernelTemplates.indexing(bytes));
    }

    private static Program moving(long bytes) {
        return MOVES[Long.numberOfTrailingZeros(bytes)];
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, IndexSelect op, Tensor[] inputs, Tensor[] outputs) {
        Lines lines = Lines.of(inputs[0].shape(), op.dim());
        long count = inputs[1].shape().elements();
        try (Dense x = Dense.of(device, inputs[0]);
                Dense positions = Dense.of(device, inputs[1])) {
            long out = DeviceBuffer.address(outputs[0]);
            long sliceBytes = lines.inner() * inputs[0].dtype().bytes();
            // the widest word that divides a slice and both addresses
            long word = Math.min(WIDEST_WORD, Long.lowestOneBit(sliceBytes | x.address() | out));
            long inner = sliceBytes / word;
            KernelArguments arguments = device.arguments()
                    .i64(lines.outer())
                    .i64(lines.n())
                    .i64(inner)
                    .i64(count)
                    .pointer(x.address())
                    .pointer(positions.address())
                    .pointer(out);
            Launch.addFault(device, Faults.Check.INDEX_SELECT, arguments);
            Launch.queue(
                    device, moving(word), "index_select", Threads.copyingRows(lines.outer() * count, inner), arguments);
        }
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Gather op, Tensor[] inputs, Tensor[] outputs) {
        Tensor x = inputs[0];
        long[] strides = x.strides();
        long stride = strides[op.dim()];
        strides[op.dim()] = 0;
        Walk walk = checked(op, new Walk(inputs[1].shape().toArray(), strides), x);
        try (Dense positions = Dense.of(device, inputs[1])) {
            KernelArguments arguments = device.arguments();
            walk.writeView(arguments.struct(Walk.VIEW_BYTES), 0);
            arguments
                    .i64(walk.elements())
                    .i64(stride)
                    .i64(x.shape().size(op.dim()))
                    .pointer(DeviceBuffer.address(x))
                    .pointer(positions.address())
                    .pointer(DeviceBuffer.address(outputs[0]));
            Launch.addFault(device, Faults.Check.GATHER, arguments);
            Launch.queue(device, moving(x.dtype().bytes()), "gather", Threads.of(walk.elements()), arguments);
        }
    }

    private static Walk checked(Op op, Walk walk, Tensor x) {
        if (walk.rank() > Walk.MAX_RANK) {
            throw new TensorException(op.opName() + ": " + x.spec() + " has more dimensions than a kernel can follow"
                    + " (expected at most " + Walk.MAX_RANK + "); reshape it");
        }
        return walk;
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, IndexAdd op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        long count = inputs[1].shape().elements();
        Sources.zero(device, DeviceBuffer.address(output), output.spec().bytes());
        if (count == 0) {
            return;
        }
        long bytes = count * Long.BYTES;
        Lines lines = Lines.of(output.shape(), op.dim());
        long segment = segment(count);
        long sums = 2 * Math.ceilDiv(count, segment) * lines.count() * ACCUMULATOR_BYTES;
        try (Dense slices = Dense.of(device, inputs[0]);
                Dense positions = Dense.of(device, inputs[1]);
                ScratchMemory sorted = device.scratch(bytes);
                ScratchMemory order = device.scratch(bytes);
                ScratchMemory parts = device.scratch(segment < count ? sums : 0)) {
            Sorting.ascending(device, DType.I64, count, positions.address(), sorted.address(), order.address());
            KernelArguments arguments = adding(device, lines, count, segment, sorted, order)
                    .pointer(slices.address())
                    .pointer(DeviceBuffer.address(output))
                    .pointer(parts.address());
            Launch.addFault(device, Faults.Check.INDEX_ADD, arguments);
            Program program = INDEX_ADD.of(output.dtype());
            Launch.queue(device, program, "index_add", addingThreads(count, lines), arguments);
            if (segment < count) {
                arguments = adding(device, lines, count, segment, sorted, order)
                        .pointer(parts.address())
                        .pointer(DeviceBuffer.address(output));
                Threads threads = addingThreads(Math.ceilDiv(count, segment), lines);
                Launch.queue(device, program, "index_add_segments", threads, arguments);
            }
        }
    }

    /**
     * The number of slots whose equal positions are summed by themselves: about as many as there are segments, so that
     * neither a segment's sum nor the sum of all segments takes long.
     */
    private static long segment(long count) {
        return Math.max(LEAST_SEGMENT, Long.highestOneBit((long) Math.sqrt(count)) * 2);
    }

    private static KernelArguments adding(
            CudaDevice device, Lines lines, long count, long segment, ScratchMemory sorted, ScratchMemory order) {
        KernelArguments arguments =
                device.arguments().i64(lines.outer()).i64(lines.n()).i64(lines.inner());
        MemorySegment slots = arguments.struct(4 * Long.BYTES);
        slots.setAtIndex(ValueLayout.JAVA_LONG, 0, count);
        slots.setAtIndex(ValueLayout.JAVA_LONG, 1, segment);
        slots.setAtIndex(ValueLayout.JAVA_LONG, 2, sorted.address());
        slots.setAtIndex(ValueLayout.JAVA_LONG, 3, order.address());
        return arguments;
    }

    private static Threads addingThreads(long count, Lines lines) {
        long columns = lines.count();
        int blocks = Math.clamp(columns / COLUMNS, 1, MOST_COLUMN_BLOCKS);
        return Threads.copyingRows(count, Math.min(columns, COLUMNS)).times(blocks);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Scatter op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        // in place, all but the elements to be written are where they belong
        if (DeviceBuffer.address(inputs[0]) != DeviceBuffer.address(output)
                || !Arrays.equals(inputs[0].strides(), output.strides())) {
            Elementwise.copy(
                    device,
                    output.dtype(),
                    output.shape(),
                    DeviceBuffer.address(inputs[0]),
                    inputs[0].strides(),
                    DeviceBuffer.address(output),
                    output.strides());
        }
        Shape shape = inputs[1].shape();
        if (shape.isEmpty()) {
            return;
        }
        try (Dense positions = Dense.of(device, inputs[1]);
                Dense source = Dense.of(device, inputs[2])) {
            long[] lines = shape.with(op.dim(), 1).toArray();
            Walk walk = checked(op, new Walk(lines, shape.rowMajorStrides(), output.strides()), output);
            KernelArguments arguments = device.arguments();
            writeLines(arguments, walk, shape, op.dim(), output);
            arguments
                    .i64(walk.elements())
                    .i64(output.shape().size(op.dim()))
                    .pointer(positions.address())
                    .pointer(source.address())
                    .pointer(DeviceBuffer.address(output));
            Launch.addFault(device, Faults.Check.SCATTER, arguments);
            Launch.queue(
                    device, SCATTER.of(op.kind(), output.dtype()), "scatter", Threads.of(walk.elements()), arguments);
        }
    }

    private static void writeLines(KernelArguments arguments, Walk walk, Shape shape, int dim, Tensor output) {
        long along = Walk.DIMS_BYTES + 2 * Walk.STRIDES_BYTES;
        MemorySegment lines = arguments.struct(along + 3 * Long.BYTES);
        walk.writeDims(lines, 0);
        walk.writeStrides(0, lines, Walk.DIMS_BYTES);
        walk.writeStrides(1, lines, Walk.DIMS_BYTES + Walk.STRIDES_BYTES);
        lines.set(ValueLayout.JAVA_LONG, along, shape.size(dim));
        lines.set(ValueLayout.JAVA_LONG, along + 8, shape.rowMajorStrides()[dim]);
        lines.set(ValueLayout.JAVA_LONG, along + 16, output.stride(dim));
    }
}
