package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import java.lang.foreign.MemorySegment;

/** Random numbers and dropout, the same as on the CPU. */
public final class Randoms {
    private static final Program.OfType RANDOM = new Program.OfType("random", KernelTemplates::random);

    /** The bytes of the kernel's {@code Draw}: seed, counter, bounds, probability. */
    private static final long DRAW_BYTES = 5 * 8;

    private Randoms() {}

    /** Queues the operation. */
    public static void run(CudaDevice device, Source.Random op, Tensor[] outputs) {
        DType type = outputs[0].dtype();
        long n = outputs[0].shape().elements();
        boolean twoWords = type == DType.F64 || op.distribution() == Source.Distribution.INTEGER;
        String kernel = switch (op.distribution()) {
            case UNIFORM -> "uniform";
            case NORMAL -> "normal";
            case INTEGER -> "integer";
        };
        KernelArguments arguments = device.arguments().i64(n).pointer(DeviceBuffer.address(outputs[0]));
        addDraw(device, op, Randoms::write, arguments);
        Launch.queue(device, RANDOM.of(type), kernel, Threads.of(Math.ceilDiv(n, twoWords ? 2L : 4L)), arguments);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, RandomDropout op, Tensor[] inputs, Tensor[] outputs) {
        long n = outputs[0].shape().elements();
        try (Dense x = Dense.of(device, inputs[0])) {
            KernelArguments arguments =
                    device.arguments().i64(n).pointer(x.address()).pointer(DeviceBuffer.address(outputs[0]));
            addDraw(device, op, Randoms::write, arguments);
            Launch.queue(device, RANDOM.of(outputs[0].dtype()), "dropout", Threads.of(Math.ceilDiv(n, 4L)), arguments);
        }
    }

    private static <O extends Op> void addDraw(
            CudaDevice device, O op, CudaDevice.Numbers<O> numbers, KernelArguments arguments) {
        numbers.write(op, arguments.struct(DRAW_BYTES));
        arguments.pointer(device.numbers(op, DRAW_BYTES, numbers));
    }

    private static void write(Source.Random op, MemorySegment draw) {
        write(draw, op.seed(), op.counter(), op.a(), op.b(), 0);
    }

    private static void write(RandomDropout op, MemorySegment draw) {
        write(draw, op.seed(), op.counter(), 0, 0, op.p());
    }

    private static void write(MemorySegment draw, long seed, long counter, long a, long b, double p) {
        draw.setAtIndex(JAVA_LONG, 0, seed);
        draw.setAtIndex(JAVA_LONG, 1, counter);
        draw.setAtIndex(JAVA_LONG, 2, a);
        draw.setAtIndex(JAVA_LONG, 3, b);
        draw.setAtIndex(JAVA_DOUBLE, 4, p);
    }
}
