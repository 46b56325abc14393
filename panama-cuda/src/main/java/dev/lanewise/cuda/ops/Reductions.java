package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.ArgReduce;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Reduce;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Runs reductions on an operand of any strides: a team of threads a result. */
public final class Reductions {
    private static final Program.OfKind<Reduce.Kind> REDUCE =
            new Program.OfKind<>(Reduce.Kind.class, KernelTemplates::reduce);
    private static final Program.OfKind<ArgReduce.Kind> ARG_REDUCE =
            new Program.OfKind<>(ArgReduce.Kind.class, KernelTemplates::argReduce);

    /** Fewer blocks than this leave multiprocessors of a large GPU idle: then results are made in parts. */
    private static final int ENOUGH_BLOCKS = 1024;

    /** The least a thread takes of a part. */
    private static final long ELEMENTS_OF_PART = 16;

    /** The widest type that is combined in. */
    private static final long ACCUMULATOR_BYTES = 8;

    private Reductions() {}

    /** Queues the operation. */
    public static void run(CudaDevice device, Reduce op, Tensor[] inputs, Tensor[] outputs) {
        Tensor x = inputs[0];
        Walk kept = walk(x, op.dims(), false);
        Walk reduced = walk(x, op.dims(), true);
        if (Math.max(kept.rank(), reduced.rank()) > Walk.MAX_RANK) {
            onDense(device, op, x, outputs);
            return;
        }
        long results = kept.elements();
        long n = reduced.elements();
        Threads threads = threads(kept, reduced);
        int parts = parts(threads, n);
        if (parts == 1) {
            reduce(device, op, x, kept, reduced, threads, outputs[0], 0);
            return;
        }
        try (ScratchMemory partial = device.scratch(results * parts * ACCUMULATOR_BYTES)) {
            reduce(device, op, x, kept, reduced, threads.times(parts), outputs[0], partial.address());
            KernelArguments arguments = device.arguments()
                    .i64(results)
                    .i64(parts)
                    .i64(n)
                    .pointer(partial.address())
                    .pointer(DeviceBuffer.address(outputs[0]));
            Launch.queue(
                    device,
                    REDUCE.of(op.kind(), x.dtype()),
                    "finish_parts",
                    Threads.alongRows(results, parts),
                    arguments);
        }
    }

    private static void reduce(
            CudaDevice device,
            Reduce op,
            Tensor x,
            Walk kept,
            Walk reduced,
            Threads threads,
            Tensor output,
            long partial) {
        KernelArguments arguments = device.arguments();
        MemorySegment layout = arguments.struct(2 * Walk.VIEW_BYTES);
        kept.writeView(layout, 0);
        reduced.writeView(layout, Walk.VIEW_BYTES);
        arguments
                .i32(threads.acrossFlag())
                .i64(kept.elements())
                .i64(reduced.elements())
                .pointer(DeviceBuffer.address(x))
                .pointer(DeviceBuffer.address(output))
                .pointer(partial);
        Launch.queue(device, REDUCE.of(op.kind(), x.dtype()), "reduce", threads, arguments);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, ArgReduce op, Tensor[] inputs, Tensor[] outputs) {
        Tensor x = inputs[0];
        Walk kept = walk(x, List.of(op.dim()), false);
        Walk reduced = walk(x, List.of(op.dim()), true);
        if (kept.rank() > Walk.MAX_RANK) {
            onDense(device, op, x, outputs);
            return;
        }
        Threads threads = threads(kept, reduced);
        KernelArguments arguments = device.arguments();
        kept.writeView(arguments.struct(Walk.VIEW_BYTES), 0);
        arguments
                .i32(threads.acrossFlag())
                .i64(kept.elements())
                .i64(reduced.elements())
                .i64(reduced.stride(0, 0))
                .pointer(DeviceBuffer.address(x))
                .pointer(DeviceBuffer.address(outputs[0]));
        Launch.queue(device, ARG_REDUCE.of(op.kind(), x.dtype()), "arg_reduce", threads, arguments);
    }

    /** More dimensions than a kernel takes are fewer once the operand is dense. */
    private static void onDense(CudaDevice device, Op op, Tensor x, Tensor[] outputs) {
        Tensor copy = x.isContiguous() ? x : x.contiguous();
        Tensor[] inputs = {copy};
        switch (op) {
            case Reduce reduce -> run(device, reduce, inputs, outputs);
            case ArgReduce reduce -> run(device, reduce, inputs, outputs);
            default -> throw new IllegalArgumentException(op.opName());
        }
    }

    /** The dimensions that are reduced, or the others. */
    private static Walk walk(Tensor x, List<Integer> dims, boolean reduced) {
        int rank = x.shape().rank();
        long[] sizes = new long[rank];
        long[] strides = new long[rank];
        for (int d = 0; d < rank; d++) {
            sizes[d] = dims.contains(d) == reduced ? x.shape().size(d) : 1;
            strides[d] = x.stride(d);
        }
        return new Walk(sizes, strides);
    }

    /** Neighbouring threads read what is nearer in memory: the next element of a row, or the next row's. */
    private static Threads threads(Walk kept, Walk reduced) {
        long results = kept.elements();
        long n = reduced.elements();
        boolean across = results > 1 && n > 1 && innermost(kept) < innermost(reduced);
        return across ? Threads.acrossRows(results, n) : Threads.alongRows(results, n);
    }

    private static long innermost(Walk walk) {
        long stride = walk.stride(0, walk.rank() - 1);
        // repeated elements are near whoever reads them
        return stride == 0 ? Long.MAX_VALUE : stride;
    }

    private static int parts(Threads threads, long n) {
        int blocks = threads.grid().x();
        if (blocks >= ENOUGH_BLOCKS) {
            return 1;
        }
        long most = n / (threads.lanes() * ELEMENTS_OF_PART);
        return Math.clamp(most, 1, Math.ceilDiv(ENOUGH_BLOCKS, blocks));
    }
}
