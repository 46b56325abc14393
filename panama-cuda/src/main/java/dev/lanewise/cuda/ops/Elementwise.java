package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import java.lang.foreign.MemorySegment;

/** Runs elementwise operations on operands of any strides, with broadcasting. */
public final class Elementwise {
    private static final Program.OfKind<Unary> UNARY = new Program.OfKind<>(Unary.class, KernelTemplates::unary);
    private static final Program.OfKind<UnaryWith.Kind> UNARY_WITH =
            new Program.OfKind<>(UnaryWith.Kind.class, KernelTemplates::unaryWith);
    private static final Program.OfKind<Binary> BINARY = new Program.OfKind<>(Binary.class, KernelTemplates::binary);
    private static final Program.OfKind<Compare> COMPARE =
            new Program.OfKind<>(Compare.class, KernelTemplates::compare);
    private static final Program.OfKind<Ternary> TERNARY =
            new Program.OfKind<>(Ternary.class, KernelTemplates::ternary);
    private static final Program.OfKind<DType> CAST =
            new Program.OfKind<>(DType.class, (to, from) -> KernelTemplates.cast(from, to));
    private static final Program[] COPY = {copyProgram(1), copyProgram(2), copyProgram(4), copyProgram(8)};

    /** A thread moves this many bytes of the widest operand at once, but at most this many elements. */
    private static final int PACK_BYTES = 16;

    private static final int MOST_PACKED = 8;

    /** The bytes of the kernel's {@code Layout}: dimensions, and strides of the result and three operands. */
    private static final long LAYOUT_BYTES = Walk.DIMS_BYTES + 4 * Walk.STRIDES_BYTES;

    /** The bytes of the kernel's {@code Operands}: three pointers and two numbers. */
    private static final long OPERANDS_BYTES = 5 * 8;

    private final CudaDevice device;
    private final Program program;
    private final double p;
    private final double q;

    private Elementwise(CudaDevice device, Program program, double p, double q) {
        this.device = device;
        this.program = program;
        this.p = p;
        this.q = q;
    }

    private static Program copyProgram(int bytes) {
        return new Program("copy " + bytes, () -> KernelTemplates.copy(bytes));
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Unary op, Tensor[] inputs, Tensor[] outputs) {
        run(device, UNARY.of(op, inputs[0].dtype()), inputs, outputs);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, UnaryWith op, Tensor[] inputs, Tensor[] outputs) {
        Program program = UNARY_WITH.of(op.kind(), inputs[0].dtype());
        new Elementwise(device, program, op.a(), op.b()).run(inputs, outputs[0]);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Binary op, Tensor[] inputs, Tensor[] outputs) {
        run(device, BINARY.of(op, inputs[0].dtype()), inputs, outputs);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Compare op, Tensor[] inputs, Tensor[] outputs) {
        run(device, COMPARE.of(op, inputs[0].dtype()), inputs, outputs);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Ternary op, Tensor[] inputs, Tensor[] outputs) {
        run(device, TERNARY.of(op, inputs[1].dtype()), inputs, outputs);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Cast op, Tensor[] inputs, Tensor[] outputs) {
        DType from = inputs[0].dtype();
        run(device, from == op.to() ? copyOf(from) : CAST.of(op.to(), from), inputs, outputs);
    }

    /** Queues the operation; the output may have any strides. */
    public static void run(CudaDevice device, Copy op, Tensor[] inputs, Tensor[] outputs) {
        run(device, copyOf(inputs[0].dtype()), inputs, outputs);
    }

    private static Program copyOf(DType type) {
        return COPY[Integer.numberOfTrailingZeros(type.bytes())];
    }

    private static void run(CudaDevice device, Program program, Tensor[] inputs, Tensor[] outputs) {
        new Elementwise(device, program, 0, 0).run(inputs, outputs[0]);
    }

    /**
     * Queues a copy of elements from one layout to another.
     *
     * @param type the elements' type
     * @param shape the shape
     * @param from address of the first element to read
     * @param fromStrides in elements
     * @param to address of the first element to write
     * @param toStrides in elements
     */
    public static void copy(
            CudaDevice device, DType type, Shape shape, long from, long[] fromStrides, long to, long[] toStrides) {
        Walk walk = new Walk(shape.toArray(), toStrides, fromStrides);
        if (walk.elements() > 0) {
            int[] bytes = {type.bytes(), type.bytes()};
            new Elementwise(device, copyOf(type), 0, 0).launch(walk, bytes, new long[] {to, from});
        }
    }

    /** Operand 0 is the result. */
    private void run(Tensor[] inputs, Tensor output) {
        Shape shape = output.shape();
        int operands = inputs.length + 1;
        long[][] strides = new long[operands][];
        int[] bytes = new int[operands];
        long[] addresses = new long[operands];
        for (int i = 0; i < operands; i++) {
            Tensor tensor = i == 0 ? output : inputs[i - 1];
            strides[i] = broadcast(tensor, shape);
            bytes[i] = tensor.dtype().bytes();
            addresses[i] = DeviceBuffer.address(tensor);
        }
        launch(new Walk(shape.toArray(), strides), bytes, addresses);
    }

    /** The strides that repeat a tensor to a shape. */
    private static long[] broadcast(Tensor tensor, Shape to) {
        int added = to.rank() - tensor.shape().rank();
        long[] strides = new long[to.rank()];
        for (int d = added; d < strides.length; d++) {
            strides[d] = tensor.shape().size(d - added) == 1 ? 0 : tensor.stride(d - added);
        }
        return strides;
    }

    private void launch(Walk walk, int[] bytes, long[] addresses) {
        if (walk.rank() > Walk.MAX_RANK) {
            launchEach(walk, bytes, addresses);
            return;
        }
        int pack = pack(bytes);
        boolean packed = isPackable(walk, bytes, addresses, pack);
        int transposed = packed || !isCopy() ? -1 : Transposition.rowsOf(walk);
        if (transposed >= 0) {
            Transposition.queue(device, walk, transposed, bytes[0], addresses[0], addresses[1]);
            return;
        }
        KernelArguments arguments = device.arguments();
        MemorySegment layout = arguments.struct(LAYOUT_BYTES);
        walk.writeDims(layout, 0);
        for (int i = 0; i < addresses.length; i++) {
            walk.writeStrides(i, layout, Walk.DIMS_BYTES + i * Walk.STRIDES_BYTES);
        }
        arguments.i64(walk.elements()).pointer(addresses[0]);
        MemorySegment operands = arguments.struct(OPERANDS_BYTES);
        for (int i = 1; i < addresses.length; i++) {
            operands.setAtIndex(JAVA_LONG, i - 1, addresses[i]);
        }
        operands.setAtIndex(JAVA_DOUBLE, 3, p);
        operands.setAtIndex(JAVA_DOUBLE, 4, q);
        Threads threads = Threads.of(packed ? Math.ceilDiv(walk.elements(), (long) pack) : walk.elements());
        Launch.queue(device, program, packed ? "packed" : "strided", threads, arguments);
    }

    @SuppressWarnings("ReferenceEquality") // programs are constants
    private boolean isCopy() {
        for (Program copy : COPY) {
            if (copy == program) {
                return true;
            }
        }
        return false;
    }

    /** More dimensions than a kernel takes: a launch for each position of the first. */
    private void launchEach(Walk walk, int[] bytes, long[] addresses) {
        Walk rest = walk.withoutFirst();
        long[] moved = new long[addresses.length];
        for (long at = 0; at < walk.size(0); at++) {
            for (int i = 0; i < moved.length; i++) {
                moved[i] = addresses[i] + at * walk.stride(i, 0) * bytes[i];
            }
            launch(rest, bytes, moved);
        }
    }

    /** The elements that a thread moves at once, as the kernel has it. */
    private static int pack(int[] bytes) {
        int widest = 1;
        for (int each : bytes) {
            widest = Math.max(widest, each);
        }
        return Math.min(PACK_BYTES / widest, MOST_PACKED);
    }

    /** Whether the innermost dimension can be moved in packs, all of them aligned. */
    private static boolean isPackable(Walk walk, int[] bytes, long[] addresses, int pack) {
        int last = walk.rank() - 1;
        if (walk.stride(0, last) != 1 && walk.elements() > 1 || last > 0 && walk.size(last) % pack != 0) {
            return false;
        }
        for (int i = 0; i < addresses.length; i++) {
            long inner = walk.stride(i, last);
            if (inner != 0 && inner != 1 || inner == 1 && !isAligned(walk, i, addresses[i], bytes[i], pack)) {
                return false;
            }
        }
        return walk.elements() > 1;
    }

    private static boolean isAligned(Walk walk, int operand, long address, int bytes, int pack) {
        boolean aligned = address % ((long) pack * bytes) == 0;
        for (int d = 0; d < walk.rank() - 1; d++) {
            aligned &= walk.stride(operand, d) % pack == 0;
        }
        return aligned;
    }
}
