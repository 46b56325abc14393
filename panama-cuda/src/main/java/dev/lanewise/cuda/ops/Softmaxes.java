package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;

/** Runs {@link Softmax} and {@link SoftmaxGrad}: a team of threads per row. */
public final class Softmaxes {
    private static final Program.OfType SOFTMAX =
            new Program.OfType("softmax", type -> KernelTemplates.softmax(false, type));
    private static final Program.OfType LOG_SOFTMAX =
            new Program.OfType("log_softmax", type -> KernelTemplates.softmax(true, type));

    private Softmaxes() {}

    /** Queues the operation. */
    public static void run(CudaDevice device, Softmax op, Tensor[] inputs, Tensor[] outputs) {
        Lines lines = Lines.of(inputs[0].shape(), op.dim());
        Threads threads = threads(lines, inputs[0].dtype());
        try (Dense x = Dense.of(device, inputs[0])) {
            KernelArguments arguments =
                    arguments(device, lines).pointer(x.address()).pointer(DeviceBuffer.address(outputs[0]));
            Launch.queue(device, program(op, outputs[0].dtype()), kernel("softmax", lines), threads, arguments);
        }
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, SoftmaxGrad op, Tensor[] inputs, Tensor[] outputs) {
        Lines lines = Lines.of(inputs[0].shape(), op.forward().dim());
        Threads threads = threads(lines, inputs[0].dtype());
        try (Dense g = Dense.of(device, inputs[0]);
                Dense y = Dense.of(device, inputs[1])) {
            KernelArguments arguments = arguments(device, lines)
                    .pointer(g.address())
                    .pointer(y.address())
                    .pointer(DeviceBuffer.address(outputs[0]));
            Launch.queue(
                    device,
                    program(op.forward(), outputs[0].dtype()),
                    kernel("softmax_grad", lines),
                    threads,
                    arguments);
        }
    }

    private static Program program(Softmax op, DType type) {
        return (op.log() ? LOG_SOFTMAX : SOFTMAX).of(type);
    }

    private static Threads threads(Lines lines, DType type) {
        return lines.inner() == 1
                ? Threads.alongKeptRows(lines.count(), lines.n(), type)
                : Threads.acrossRows(lines.count(), lines.n());
    }

    private static String kernel(String name, Lines lines) {
        return lines.inner() == 1 ? name : name + "_across";
    }

    private static KernelArguments arguments(CudaDevice device, Lines lines) {
        KernelArguments arguments = device.arguments().i64(lines.count()).i64(lines.n());
        return lines.inner() == 1 ? arguments : arguments.i64(lines.inner());
    }
}
