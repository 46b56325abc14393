package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Runs reductions on an operand of any strides: one team of threads per result. */
public final class Reductions {
    private static final Program.OfKind<Reduce.Kind> REDUCE =
            new Program.OfKind<>(Reduce.Kind.class, KernelTemplates::reduce);
    private static final Program.OfKind<ArgReduce.Kind> ARG_REDUCE =
            new Program.OfKind<>(ArgReduce.Kind.class, KernelTemplates::argReduce);

    /** Fewer blocks than this leave multiprocessors of a large GPU idle: then results are made in parts. */
    private static final int ENOUGH_BLOCKS = 1024;

    /** The minimum number of elements per thread in a part. */
    private static final long ELEMENTS_OF_PART = 16;

    /** The widest type that is combined in. */
    private static final long ACCUMULATOR_BYTES = 8;

    private Reductions() {}

    /** An operand: where its elements are. */
    private record Operand(DType type, Shape shape, long address, long[] strides) {
        static Operand of(Tensor x) {
            return new Operand(x.dtype(), x.shape(), DeviceBuffer.address(x), x.strides());
        }

        Operand dense(Dense copy) {
            return new Operand(type, shape, copy.address(), shape.rowMajorStrides());
        }

        /** The dimensions that are reduced, or the others. */
        Walk walk(List<Integer> dims, boolean reduced) {
            long[] sizes = shape.toArray();
            for (int d = 0; d < sizes.length; d++) {
                sizes[d] = dims.contains(d) == reduced ? sizes[d] : 1;
            }
            return new Walk(sizes, strides);
        }
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Reduce op, Tensor[] inputs, Tensor[] outputs) {
        Operand x = Operand.of(inputs[0]);
        if (fits(x, op.dims())) {
            reduce(device, op, x, outputs[0]);
            return;
        }
        try (Dense dense = Dense.of(device, inputs[0])) {
            reduce(device, op, checked(op, x.dense(dense), op.dims()), outputs[0]);
        }
    }

    private static void reduce(CudaDevice device, Reduce op, Operand x, Tensor output) {
        Walk kept = x.walk(op.dims(), false);
        Walk reduced = x.walk(op.dims(), true);
        long results = kept.elements();
        long n = reduced.elements();
        Threads threads = threads(kept, reduced);
        int parts = parts(threads, n);
        Program program = REDUCE.of(op.kind(), x.type);
        if (parts == 1) {
            KernelArguments arguments = arguments(device, kept, reduced, threads, x, output);
            Launch.queue(device, program, "reduce", threads, arguments.pointer(0));
            return;
        }
        try (ScratchMemory partial = device.scratch(results * parts * ACCUMULATOR_BYTES)) {
            KernelArguments arguments = arguments(device, kept, reduced, threads, x, output);
            Launch.queue(device, program, "reduce", threads.times(parts), arguments.pointer(partial.address()));
            arguments = device.arguments()
                    .i64(results)
                    .i64(parts)
                    .i64(n)
                    .pointer(partial.address())
                    .pointer(DeviceBuffer.address(output));
            Launch.queue(device, program, "finish_parts", Threads.alongRows(results, parts), arguments);
        }
    }

    private static KernelArguments arguments(
            CudaDevice device, Walk kept, Walk reduced, Threads threads, Operand x, Tensor output) {
        KernelArguments arguments = device.arguments();
        MemorySegment layout = arguments.struct(2 * Walk.VIEW_BYTES);
        kept.writeView(layout, 0);
        reduced.writeView(layout, Walk.VIEW_BYTES);
        return arguments
                .i32(threads.acrossFlag())
                .i64(kept.elements())
                .i64(reduced.elements())
                .pointer(x.address)
                .pointer(DeviceBuffer.address(output));
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, ArgReduce op, Tensor[] inputs, Tensor[] outputs) {
        Operand x = Operand.of(inputs[0]);
        List<Integer> dims = List.of(op.dim());
        if (fits(x, dims)) {
            argReduce(device, op, x, outputs[0]);
            return;
        }
        try (Dense dense = Dense.of(device, inputs[0])) {
            argReduce(device, op, checked(op, x.dense(dense), dims), outputs[0]);
        }
    }

    private static void argReduce(CudaDevice device, ArgReduce op, Operand x, Tensor output) {
        Walk kept = x.walk(List.of(op.dim()), false);
        Walk reduced = x.walk(List.of(op.dim()), true);
        Threads threads = threads(kept, reduced);
        KernelArguments arguments = device.arguments();
        kept.writeView(arguments.struct(Walk.VIEW_BYTES), 0);
        arguments
                .i32(threads.acrossFlag())
                .i64(kept.elements())
                .i64(reduced.elements())
                .i64(reduced.stride(0, 0))
                .pointer(x.address)
                .pointer(DeviceBuffer.address(output));
        Launch.queue(device, ARG_REDUCE.of(op.kind(), x.type), "arg_reduce", threads, arguments);
    }

    private static boolean fits(Operand x, List<Integer> dims) {
        return x.shape.rank() <= Walk.MAX_RANK
                || x.walk(dims, false).rank() <= Walk.MAX_RANK
                        && x.walk(dims, true).rank() <= Walk.MAX_RANK;
    }

    /** Dense operands have that many groups of dimensions only if kept and reduced ones alternate. */
    private static Operand checked(Op op, Operand x, List<Integer> dims) {
        if (!fits(x, dims)) {
            throw new TensorException(op.opName() + ": dimensions " + dims + " of " + x.shape
                    + " alternate with others more often than a kernel can follow (expected at most " + Walk.MAX_RANK
                    + " groups of each); reduce some of them first");
        }
        return x;
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
        // repeated elements are near their reader
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
