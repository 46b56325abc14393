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
    private static final long STRUCT_BYTES = 6 * Long.BYTES;
    private static final int WARP = 32;

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
            norm.launchOverParts("moments", struct, x.address(), parts.address());
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
                ScratchMemory sums = device.scratch(2 * norm.sumBytes());
                ScratchMemory reciprocal = device.scratch(norm.channels * norm.accumulatorBytes())) {
            MemorySegment struct = norm.write(arena);
            norm.launchOverParts(
                    "gradient_sums",
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
                    variance.address(),
                    DeviceBuffer.address(outputs[1]),
                    DeviceBuffer.address(outputs[2]),
                    reciprocal.address());
            norm.launchOverLines(
                    "gradient_input",
                    struct,
                    g.address(),
                    x.address(),
                    weight.address(),
                    mean.address(),
                    reciprocal.address(),
                    sums.address(),
                    DeviceBuffer.address(outputs[0]));
        }
    }

    /**
     * The threads of a part.
     *
     * @param teams how many channels they have: several where these are neighbours in memory
     */
    private record PartBlock(Block block, int teams) {}

    /** One normalization's sizes, and how its channels are divided. */
    private final class Norm {
        final DType dtype;
        final long n;
        final long channels;
        final long plane;
        final long elements;
        final long imageParts;
        final long planeParts;
        final double epsilon;

        Norm(Tensor x, double epsilon) {
            Shape shape = x.shape();
            this.dtype = x.dtype();
            this.epsilon = epsilon;
            n = shape.size(0);
            channels = shape.size(1);
            elements = shape.elements();
            plane = shape.slice(2, shape.rank()).elements();
            long wanted = Math.ceilDiv(4L * device.multiprocessors(), Math.max(groups(), 1));
            long parts = Math.max(1, Math.min(wanted, n * plane * block().teams / LEAST_ELEMENTS));
            imageParts = Math.clamp(n, 1, parts);
            planeParts = plane > 1 ? parts / imageParts : 1;
        }

        /** Whether a channel's planes consist of packs. */
        private boolean isPacked() {
            return plane > 1 && plane * dtype.bytes() % Planewise.PACK_BYTES == 0;
        }

        private PartBlock block() {
            if (plane <= 1) {
                int teams = Planewise.power(channels, WARP);
                return new PartBlock(new Block(teams, THREADS / teams, 1), teams);
            }
            int lanes = Planewise.power(isPacked() ? plane * dtype.bytes() / Planewise.PACK_BYTES : plane, THREADS);
            return new PartBlock(new Block(lanes, THREADS / lanes, 1), 1);
        }

        private long groups() {
            return Math.ceilDiv(channels, (long) block().teams);
        }

        long accumulatorBytes() {
            return dtype == DType.F64 ? 8 : 4;
        }

        /** The bytes of one sum per part. */
        long sumBytes() {
            return channels * imageParts * planeParts * accumulatorBytes();
        }

        MemorySegment write(Arena arena) {
            MemorySegment struct = arena.allocate(STRUCT_BYTES, Long.BYTES);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 0, n);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 1, channels);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 2, plane);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 3, imageParts);
            struct.setAtIndex(ValueLayout.JAVA_LONG, 4, planeParts);
            struct.setAtIndex(ValueLayout.JAVA_DOUBLE, 5, epsilon);
            return struct;
        }

        void launch(String kernel, Grid grid, MemorySegment struct, long... addresses) {
            launch(kernel, grid, Block.of(THREADS), device.arguments().struct(struct), addresses);
        }

        /** A kernel whose blocks each sum a part of a channel or of several. */
        void launchOverParts(String kernel, MemorySegment struct, long... addresses) {
            KernelArguments arguments = device.arguments().struct(struct).i32(isPacked() ? 1 : 0);
            Grid grid = device.grid(groups() * imageParts * planeParts, 1);
            launch(kernel, grid, block().block, arguments, addresses);
        }

        /** A kernel over all elements, the last address of which is that of the result. */
        void launchOverLines(String kernel, MemorySegment struct, long... addresses) {
            if (elements == 0) {
                return;
            }
            long length = plane > 1 ? plane : channels;
            long all = 0;
            for (long address : addresses) {
                all |= address;
            }
            Planewise lines = Planewise.of(elements / length, length, all, dtype);
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
