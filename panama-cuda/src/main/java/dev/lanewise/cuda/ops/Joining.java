package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.view.Slice;

/** Runs {@link Cat}, {@link Pad} and {@link SliceGrad}: copies into parts of a larger tensor. */
public final class Joining {
    private Joining() {}

    /** Queues the operation. */
    public static void run(CudaDevice device, Cat op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        long stride = output.stride(op.dim()) * output.dtype().bytes();
        long target = DeviceBuffer.address(output);
        for (Tensor input : inputs) {
            copy(device, input, target, output.strides());
            target += input.shape().size(op.dim()) * stride;
        }
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Pad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        if (!output.shape().equals(inputs[0].shape())) {
            Sources.fill(device, output, op.value());
        }
        long target = DeviceBuffer.address(output);
        for (int d = 0; d < output.shape().rank(); d++) {
            target += op.before().get(d) * output.stride(d) * output.dtype().bytes();
        }
        copy(device, inputs[0], target, output.strides());
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, SliceGrad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor output = outputs[0];
        Slice slice = op.slice();
        long address = DeviceBuffer.address(output);
        if (!output.shape().equals(inputs[0].shape())) {
            Sources.zero(device, address, output.spec().bytes());
        }
        long[] strides = output.strides();
        long target =
                address + slice.start() * strides[slice.dim()] * output.dtype().bytes();
        strides[slice.dim()] *= slice.step();
        copy(device, inputs[0], target, strides);
    }

    private static void copy(CudaDevice device, Tensor from, long target, long[] strides) {
        Elementwise.copy(
                device, from.dtype(), from.shape(), DeviceBuffer.address(from), from.strides(), target, strides);
    }
}
