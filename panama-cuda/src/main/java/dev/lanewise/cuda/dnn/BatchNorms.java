package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.NetworkTemplates;
import dev.lanewise.cuda.ops.Dense;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Planewise;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Batch normalization by kernels of our own: cuDNN's takes scale and bias of 16-bit inputs in F32 only, and returns the
 * inverse of the deviation where the operation returns the biased variance.
 */
public final class BatchNorms {
    private static final int THREADS = 256;
    private static final long STRUCT_BYTES = 5 * Long.BYTES;

    /** No block should have less work than this. */
    private static final long LEAST_ELEMENTS = 4096;

    private final CudaDevice device;

    /** Batch normalization on a device. */
    public BatchNorms(CudaDevice device) {
        this.device = device;
    }

    /** The normalized input, its mean and its biased variance by channel. */
    public void run(BatchNormalization op, Tensor[] inputs, Tensor[] outputs) {
        Norm norm = new Norm(inputs[0], op.epsilon());
        try (Arena arena = Arena.ofConfined();
                Dense x = Dense.of(device, inputs[0]);
                Dense weight = Dense.of(device, inputs[1]);
                Dense bias = Dense.of(device, inputs[2]);
                ScratchMemory parts = device.scratch(3 * norm.sumBytes());
                ScratchMemory reciprocal = device.scratch(norm.channels * norm.accumulatorBytes())) {
            MemorySegment struct = norm.write(arena);
            norm.launch("moments", norm.blocks(), struct, x.address(), parts.address());
            norm.launch(
                    "statistics",
                    device.grid(norm.channels, THREADS),
                    struct,
                    parts.address(),
                    DeviceBuffer.address(outputs[1]),
                    DeviceBuffer.address(outputs[2]),
                    reciprocal.address());
            norm.launchOverLines(
                    "normalize",
                    struct,
                    x.address(),
                    weight.address(),
                    bias.address(),
                    DeviceBuffer.address(outputs[1]),
                    reciprocal.address(),
                    DeviceBuffer.address(outputs[0]));
        }
    }

    /** The gradients of input, weight and bias. */
    public void run(BatchNormalizationGrad op, Tensor[] inputs, Tensor[] outputs) {
        Norm norm = new Norm(inputs[1], op.forward().epsilon());
        try (Arena arena = Arena.ofConfined();
                Dense g = Dense.of(device, inputs[0]);
                Dense x = Dense.of(device, inputs[1]);
                Dense weight = Dense.of(device, inputs[2]);
                Dense mean = Dense.of(device, inputs[3]);
                Dense variance = Dense.of(device, inputs[4]);
                ScratchMemory sums = device.scratch(2 * norm.sumBytes())) {
            MemorySegment struct = norm.write(arena);
            norm.launch(
                    "gradient_sums",
                    norm.blocks(),
                    struct,
                    g.address(),
                    x.address(),
                    mean.address(),
                    variance.address(),
                    sums.address());
            norm.launch(
                    "gradient_affine",
                    device.grid(norm.channels, THREADS),
                    struct,
                    sums.address(),
                    DeviceBuffer.address(outputs[1]),
                    DeviceBuffer.address(outputs[2]));
            norm.launchOverLines(
                    "gradient_input",
                    struct,
                    g.address(),
                    x.address(),
                    weight.address(),
                    mean.address(),
                    variance.address(),
                    sums.address(),
                    DeviceBuffer.address(outputs[0]));
        }
    }

    /** One normalization's sizes, and how its channels are divided. */
    private final class Norm {
        final DType dtype;
        final long n;
        final long channels;
        final long plane;
        final long elements;
        final long parts;
        final double epsilon;

        Norm(Tensor x, double epsilon) {
            Shape shape = x.shape();
            this.dtype = x.dtype();
            this.epsilon = epsilon;
            n = shape.size(0);
            channels = shape.size(1);
            elements = shape.elements();
            plane = shape.slice(2, shape.rank()).elements();
            long wanted = Math.ceilDiv(4L * device.multiprocessors(), Math.max(channels, 1));
            parts = Math.max(1, Math.min(wanted, n * plane / LEAST_ELEMENTS));
        }

        long accumulatorBytes() {
            return dtype == DType.F64 ? 8 : 4;
        }

        /** The bytes of one sum per part. */
        long sumBytes() {
            return channels * parts * accumulatorBytes();
        }

        Grid blocks() {
            return device.grid(channels * parts, 1);
        }

        MemorySegment write(Arena arena) {
            MemorySegment struct = arena.allocate(STRUCT_BYTES, Long.BYTES);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 0, n);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 1, channels);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 2, plane);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 3, parts);
            struct.setAtIndex(ValueLayout.JAVA_DOUBLE, 4, epsilon);
            return struct;
        }

        void launch(String kernel, Grid grid, MemorySegment struct, long... addresses) {
            launch(kernel, grid, Block.of(THREADS), device.arguments().struct(struct), addresses);
        }

        /** A kernel over all elements, the last address of which is that of the result. */
        void launchOverLines(String kernel, MemorySegment struct, long... addresses) {
            long length = plane > 1 ? plane : channels;
            long all = 0;
            for (long address : addresses) {
                all |= address;
            }
            Planewise lines = Planewise.of(elements / Math.max(length, 1), length, all, dtype);
            KernelArguments arguments = device.arguments().struct(struct).i32(lines.packed() ? 1 : 0);
            launch(kernel, lines.grid(), lines.block(), arguments, addresses);
        }

        private void launch(String kernel, Grid grid, Block block, KernelArguments arguments, long... addresses) {
            for (long address : addresses) {
                arguments.pointer(address);
            }
            String program = "batch_norm_" + dtype.name().toLowerCase(Locale.ROOT);
            device.launch(program, () -> NetworkTemplates.batchNorm(dtype), kernel, grid, block, 0, arguments);
        }
    }
}
