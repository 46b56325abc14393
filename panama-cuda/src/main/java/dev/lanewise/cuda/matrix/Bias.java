package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.kernel.NetworkTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Planewise;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;

/** Applies what follows a product or a convolution if the library has not done so. */
public final class Bias {
    private Bias() {}

    /**
     * Queues {@code out = activation(out + bias)}.
     *
     * @param out dense {@code [..., channels, plane]}
     * @param channels how many elements the bias has
     * @param plane elements of each channel that follow each other
     * @param bias its address, or 0 for none
     * @param relu whether negative elements become 0
     */
    public static void add(CudaDevice device, Tensor out, long channels, long plane, long bias, boolean relu) {
        if (bias == 0 && !relu) {
            return;
        }
        DType dtype = out.dtype();
        long length = plane > 1 ? plane : channels;
        long elements = out.shape().elements();
        if (elements == 0) {
            return;
        }
        Planewise lines = Planewise.of(elements / length, length, DeviceBuffer.address(out), dtype);
        device.launch(
                PlainProduct.program(dtype),
                () -> NetworkTemplates.product(dtype),
                "finish",
                lines.grid(),
                lines.block(),
                0,
                device.arguments()
                        .i64(lines.lines())
                        .i64(length)
                        .i64(channels)
                        .i32(plane > 1 ? 1 : 0)
                        .i32(lines.packed() ? 1 : 0)
                        .pointer(DeviceBuffer.address(out))
                        .pointer(bias)
                        .i32(relu ? 1 : 0));
    }
}
