package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;

/**
 * Runs {@link LayerNormalization} and {@link LayerNormalizationGrad}: a team of threads per row, and for the weights
 * one per column.
 */
public final class LayerNorms {
    private static final Program.OfType LAYER_NORM = new Program.OfType("layer_norm", KernelTemplates::layerNorm);

    /** Blocks that fill a large GPU. */
    private static final long BLOCKS = 512;

    /** The minimum number of rows that justify a part of the weights' sums. */
    private static final long ROWS_OF_PART = 32;

    /** The widest type that is summed in. */
    private static final long ACCUMULATOR_BYTES = 8;

    private final CudaDevice device;
    private final Program program;
    private final long rows;
    private final long n;

    private LayerNorms(CudaDevice device, Tensor x, int dims) {
        this.device = device;
        program = LAYER_NORM.of(x.dtype());
        Shape shape = x.shape();
        rows = shape.slice(0, shape.rank() - dims).elements();
        n = shape.slice(shape.rank() - dims, shape.rank()).elements();
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, LayerNormalization op, Tensor[] inputs, Tensor[] outputs) {
        LayerNorms norm = new LayerNorms(device, inputs[0], op.dims());
        try (Dense x = Dense.of(device, inputs[0]);
                Dense weight = Dense.ofOptional(device, inputs, 1);
                Dense bias = Dense.ofOptional(device, inputs, 2)) {
            KernelArguments arguments = norm.arguments()
                    .f64(op.epsilon())
                    .pointer(x.address())
                    .pointer(weight.address())
                    .pointer(bias.address())
                    .pointer(DeviceBuffer.address(outputs[0]))
                    .pointer(DeviceBuffer.address(outputs[1]))
                    .pointer(DeviceBuffer.address(outputs[2]));
            norm.queue("layer_norm", Threads.alongKeptRows(norm.rows, norm.n, inputs[0].dtype()), arguments);
        }
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, LayerNormalizationGrad op, Tensor[] inputs, Tensor[] outputs) {
        LayerNorms norm = new LayerNorms(device, inputs[1], op.forward().dims());
        try (Dense g = Dense.of(device, inputs[0]);
                Dense x = Dense.of(device, inputs[1]);
                Dense mean = Dense.of(device, inputs[2]);
                Dense reciprocal = Dense.of(device, inputs[3]);
                Dense weight = Dense.ofOptional(device, inputs, 4)) {
            KernelArguments arguments = norm.arguments()
                    .pointer(g.address())
                    .pointer(x.address())
                    .pointer(mean.address())
                    .pointer(reciprocal.address())
                    .pointer(weight.address())
                    .pointer(DeviceBuffer.address(outputs[0]));
            norm.queue("layer_norm_grad_input", Threads.alongKeptRows(norm.rows, norm.n, inputs[0].dtype()), arguments);
            norm.gradientsOfWeights(g, x, mean, reciprocal, outputs);
        }
    }

    private void gradientsOfWeights(Dense g, Dense x, Dense mean, Dense reciprocal, Tensor[] outputs) {
        Threads threads = Threads.acrossRows(n, rows);
        long most = Math.ceilDiv(BLOCKS, threads.grid().x());
        int parts = (int) Math.clamp(rows / ROWS_OF_PART, 1, most);
        try (ScratchMemory partial = device.scratch(2L * parts * n * ACCUMULATOR_BYTES)) {
            KernelArguments arguments = arguments()
                    .pointer(g.address())
                    .pointer(x.address())
                    .pointer(mean.address())
                    .pointer(reciprocal.address())
                    .pointer(partial.address());
            queue("layer_norm_grad_affine", threads.times(parts), arguments);
            arguments = device.arguments()
                    .i64(n)
                    .i64(parts)
                    .pointer(partial.address())
                    .pointer(DeviceBuffer.address(outputs[1]))
                    .pointer(DeviceBuffer.address(outputs[2]));
            queue("layer_norm_grad_finish", Threads.of(n), arguments);
        }
    }

    private KernelArguments arguments() {
        return device.arguments().i64(rows).i64(n);
    }

    private void queue(String kernel, Threads threads, KernelArguments arguments) {
        Launch.queue(device, program, kernel, threads, arguments);
    }
}
