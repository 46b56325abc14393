package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.NetworkTemplates;
import dev.lanewise.cuda.ops.Dense;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Faults;
import dev.lanewise.cuda.runtime.StructWriter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import java.lang.foreign.Arena;
import java.util.Locale;

/**
 * Pooling by kernels of our own: cuDNN's gives no positions of the greatest elements, does not support partial windows
 * (ceil mode), and divides differently where padding counts.
 */
public final class Pools {
    private static final int THREADS = 256;
    private static final long STRUCT_BYTES = 12 * Long.BYTES;

    private final CudaDevice device;

    /** Pooling on a device. */
    public Pools(CudaDevice device) {
        this.device = device;
    }

    /** The greatest elements and their positions. */
    public void run(MaxPooling2d op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense x = Dense.of(device, inputs[0])) {
            launch(
                    "max_pool",
                    new Windows(op.pool(), inputs[0].shape(), outputs[0].shape(), false),
                    outputs[0],
                    x.address(),
                    DeviceBuffer.address(outputs[0]),
                    DeviceBuffer.address(outputs[1]));
        }
    }

    /** The gradient of the greatest elements. */
    public void run(MaxPooling2dGrad op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense g = Dense.of(device, inputs[0]);
                Dense positions = Dense.of(device, inputs[1])) {
            Windows windows = new Windows(op.pool(), outputs[0].shape(), inputs[0].shape(), false);
            long[] addresses = {g.address(), positions.address(), DeviceBuffer.address(outputs[0])};
            launch("max_pool_grad", windows, outputs[0], addresses);
            long faults = device.stream().faults().address();
            long[] checked = {g.address(), positions.address(), addresses[2], faults, Faults.Check.MAX_POOL.code()};
            launch("max_pool_grad_strays", windows, outputs[0], checked);
        }
    }

    /** The means. */
    public void run(AveragePooling2d op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense x = Dense.of(device, inputs[0])) {
            launch(
                    "avg_pool",
                    new Windows(op.pool(), inputs[0].shape(), outputs[0].shape(), op.countIncludePad()),
                    outputs[0],
                    x.address(),
                    DeviceBuffer.address(outputs[0]));
        }
    }

    /** The gradient of the means. */
    public void run(AveragePooling2dGrad op, Tensor[] inputs, Tensor[] outputs) {
        AveragePooling2d forward = op.forward();
        try (Dense g = Dense.of(device, inputs[0])) {
            launch(
                    "avg_pool_grad",
                    new Windows(forward.pool(), outputs[0].shape(), inputs[0].shape(), forward.countIncludePad()),
                    outputs[0],
                    g.address(),
                    DeviceBuffer.address(outputs[0]));
        }
    }

    /** A pooling from planes {@code [h, w]} of {@code input} to those of {@code output}. */
    private record Windows(PoolingWindow pool, Shape input, Shape output, boolean countPadding) {
        StructWriter write(Arena arena) {
            return new StructWriter(arena, STRUCT_BYTES)
                    .i64(input.size(0) * input.size(1))
                    .i64(input.size(2))
                    .i64(input.size(3))
                    .i64(output.size(2))
                    .i64(output.size(3))
                    .i64(pool.kernelH())
                    .i64(pool.kernelW())
                    .i64(pool.strideH())
                    .i64(pool.strideW())
                    .i64(pool.paddingH())
                    .i64(pool.paddingW())
                    .i64(countPadding ? 1 : 0);
        }
    }

    private void launch(String kernel, Windows windows, Tensor result, long... addresses) {
        DType dtype = result.dtype();
        try (Arena arena = Arena.ofConfined()) {
            KernelArguments arguments =
                    device.arguments().struct(windows.write(arena).struct());
            for (long address : addresses) {
                arguments.pointer(address);
            }
            device.launch(
                    "pool_" + dtype.name().toLowerCase(Locale.ROOT),
                    () -> NetworkTemplates.pool(dtype),
                    kernel,
                    device.grid(result.shape().elements(), THREADS),
                    Block.of(THREADS),
                    0,
                    arguments);
        }
    }
}
