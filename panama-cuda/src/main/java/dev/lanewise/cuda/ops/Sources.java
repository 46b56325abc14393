package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Source;

/** Makes tensors of one value and of evenly spaced ones. */
public final class Sources {
    private static final Program.OfType SOURCE = new Program.OfType("source", KernelTemplates::source);

    private Sources() {}

    /** Queues the operation. */
    public static void run(CudaDevice device, Source.Fill op, Tensor[] outputs) {
        fill(device, outputs[0], op.value());
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Source.Range op, Tensor[] outputs) {
        Tensor output = outputs[0];
        long n = output.shape().elements();
        KernelArguments arguments = device.arguments()
                .i64(n)
                .pointer(DeviceBuffer.address(output))
                .f64(op.start())
                .f64(op.step());
        Launch.queue(device, SOURCE.of(output.dtype()), "range", Threads.of(n), arguments);
    }

    /** Sets every element of a dense tensor. */
    static void fill(CudaDevice device, Tensor output, Number value) {
        boolean integer =
                value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte;
        if (value.doubleValue() == 0 && 1 / value.doubleValue() > 0) {
            zero(device, DeviceBuffer.address(output), output.spec().bytes());
            return;
        }
        DType type = output.dtype();
        long n = output.shape().elements();
        KernelArguments arguments = device.arguments()
                .i64(n)
                .pointer(DeviceBuffer.address(output))
                .f64(value.doubleValue())
                .i64(value.longValue())
                .i32(integer ? 1 : 0);
        Launch.queue(device, SOURCE.of(type), "fill", Threads.of(n), arguments);
    }

    /** Sets bytes to 0, which is the number 0 in every type. */
    static void zero(CudaDevice device, long address, long bytes) {
        device.driver().fill8(address, (byte) 0, bytes, device.stream().handle());
    }
}
