package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.NetworkTemplates;
import dev.lanewise.cuda.ops.Dense;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Faults;
import dev.lanewise.cuda.runtime.Places;
import dev.lanewise.cuda.runtime.Planewise;
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
    private static final long STRUCT_BYTES = 19 * Long.BYTES;

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
            try (Arena arena = Arena.ofConfined()) {
                KernelArguments arguments =
                        device.arguments().struct(windows.write(arena).struct());
                Places blocks = new Places(device.grid(planes(outputs[0].shape()), 1), Block.of(THREADS));
                launch("max_pool_grad_strays", outputs[0].dtype(), blocks, arguments, checked);
            }
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
                    .i64(pool.paddingH())
                    .i64(pool.paddingW())
                    .divisor(pool.strideH())
                    .divisor(pool.strideW())
                    .divisor(input.size(3))
                    .divisor(output.size(3))
                    .i64(isNarrow() ? 1 : 0)
                    .i64(countPadding ? 1 : 0);
        }

        private boolean isNarrow() {
            long h = Math.max(input.size(2), output.size(2)) + pool.paddingH();
            long w = Math.max(input.size(3), output.size(3)) + pool.paddingW();
            return h * w <= Integer.MAX_VALUE;
        }

        /** Whether windows of 2 by 2 lie side by side and fill planes of whole packs, which begin at such addresses. */
        boolean isTiled(DType dtype, long[] addresses) {
            long all = output.size(3) * dtype.bytes();
            for (long address : addresses) {
                all |= address;
            }
            return all % Planewise.PACK_BYTES == 0
                    && pool.kernelH() == 2
                    && pool.kernelW() == 2
                    && pool.strideH() == 2
                    && pool.strideW() == 2
                    && pool.paddingH() == 0
                    && pool.paddingW() == 0
                    && input.size(2) == 2 * output.size(2)
                    && input.size(3) == 2 * output.size(3);
        }
    }

    private static long planes(Shape shape) {
        return shape.size(0) * shape.size(1);
    }

    /** A kernel whose threads each have a place of the result, or a pack of windows. */
    private void launch(String kernel, Windows windows, Tensor result, long... addresses) {
        Shape shape = result.shape();
        long planes = planes(shape);
        boolean tiled = windows.isTiled(result.dtype(), addresses);
        Places places = tiled
                ? Places.of(
                        planes,
                        windows.output.size(2),
                        windows.output.size(3) * result.dtype().bytes() / Planewise.PACK_BYTES)
                : Places.of(planes, shape.size(2), shape.size(3));
        try (Arena arena = Arena.ofConfined()) {
            KernelArguments arguments =
                    device.arguments().struct(windows.write(arena).struct()).i32(tiled ? 1 : 0);
            launch(kernel, result.dtype(), places, arguments, addresses);
        }
    }

    private void launch(String kernel, DType dtype, Places places, KernelArguments arguments, long... addresses) {
        for (long address : addresses) {
            arguments.pointer(address);
        }
        device.launch(
                "pool_" + dtype.name().toLowerCase(Locale.ROOT),
                () -> NetworkTemplates.pool(dtype),
                kernel,
                places.grid(),
                places.block(),
                0,
                arguments);
    }
}
