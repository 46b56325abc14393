package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn.ConvolutionPass;
import dev.lanewise.cuda.api.CudnnFusion.FusedOperands;
import dev.lanewise.cuda.matrix.Bias;
import dev.lanewise.cuda.ops.Dense;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Convolution through cuDNN. For 16-bit types whose channels suit tensor cores, operands are passed to cuDNN with
 * channels last, the order that tensor cores read; an operand that is already laid out that way is passed unchanged. With
 * channels last, cuDNN adds the bias, and computes the ReLU behind it, before the result reaches memory; else a kernel does.
 */
public final class Convolutions implements AutoCloseable {
    private final CudaDevice device;
    private final Map<ConvolutionPlan.Key, ConvolutionPlan> plans = new ConcurrentHashMap<>();
    private final BiasedConvolutions biased;

    /** Convolutions on a device. */
    public Convolutions(CudaDevice device) {
        this.device = device;
        biased = new BiasedConvolutions(device);
    }

    /** The convolution, and its bias. */
    public void run(Convolution2d op, Tensor[] inputs, Tensor[] outputs) {
        run(op, false, inputs, outputs[0]);
    }

    /** The convolution, its bias and ReLU. */
    public void run(Convolution2dRelu op, Tensor[] inputs, Tensor[] outputs) {
        run(op.conv(), true, inputs, outputs[0]);
    }

    private void run(Convolution2d op, boolean relu, Tensor[] inputs, Tensor y) {
        Geometry geometry = Geometry.of(op, y.dtype(), inputs[0].shape(), inputs[1].shape(), y.shape());
        try (Dense bias = Dense.ofOptional(device, inputs, 2)) {
            if (!run(geometry, relu, inputs, bias.address(), y)) {
                long plane = y.shape().size(2) * y.shape().size(3);
                Bias.add(device, y, y.shape().size(1), plane, bias.address(), relu);
            }
        }
    }

    /** Queues the convolution; whether bias and ReLU are in the result. */
    private boolean run(Geometry geometry, boolean relu, Tensor[] inputs, long bias, Tensor y) {
        if (inputs[0].shape().isEmpty()) {
            zero(y);
            return false;
        }
        try (Planes x = Planes.read(device, inputs[0], geometry.format());
                Planes w = Planes.read(device, inputs[1], geometry.format());
                Planes result = Planes.write(device, y, geometry.format())) {
            FusedOperands operands = new FusedOperands(x.address(), w.address(), bias, result.address());
            boolean isWhole = biased.run(geometry, relu, operands);
            if (!isWhole) {
                pass(ConvolutionPass.FORWARD, geometry, x.address(), w.address(), result.address());
            }
            result.store();
            return isWhole;
        }
    }

    /** The gradient of the input. */
    public void run(Convolution2dInputGrad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor dx = outputs[0];
        Geometry geometry = Geometry.of(op.conv(), dx.dtype(), dx.shape(), inputs[1].shape(), inputs[0].shape());
        if (inputs[0].shape().isEmpty() || inputs[1].shape().isEmpty()) {
            zero(dx);
            return;
        }
        try (Planes dy = Planes.read(device, inputs[0], geometry.format());
                Planes w = Planes.read(device, inputs[1], geometry.format());
                Planes result = Planes.write(device, dx, geometry.format())) {
            pass(ConvolutionPass.BACKWARD_DATA, geometry, result.address(), w.address(), dy.address());
            result.store();
        }
    }

    /** The gradient of the weight. */
    public void run(Convolution2dWeightGrad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor dw = outputs[0];
        Geometry geometry = Geometry.of(op.conv(), dw.dtype(), inputs[1].shape(), dw.shape(), inputs[0].shape());
        if (inputs[0].shape().isEmpty() || inputs[1].shape().isEmpty()) {
            zero(dw);
            return;
        }
        try (Planes dy = Planes.read(device, inputs[0], geometry.format());
                Planes x = Planes.read(device, inputs[1], geometry.format());
                Planes result = Planes.write(device, dw, geometry.format())) {
            pass(ConvolutionPass.BACKWARD_FILTER, geometry, x.address(), result.address(), dy.address());
            result.store();
        }
    }

    private void pass(ConvolutionPass pass, Geometry geometry, long input, long filter, long output) {
        ConvolutionPlan.Operands operands = new ConvolutionPlan.Operands(input, filter, output);
        ConvolutionPlan.Key key = ConvolutionPlan.Key.of(pass, geometry);
        ConvolutionPlan plan = plans.get(key);
        if (plan == null) {
            plan = plans.computeIfAbsent(key, k -> new ConvolutionPlan(device, k, operands));
        }
        plan.run(operands);
    }

    private void zero(Tensor out) {
        device.driver()
                .fill8(
                        DeviceBuffer.address(out),
                        (byte) 0,
                        out.spec().bytes(),
                        device.stream().handle());
    }

    /** Destroys the plans. */
    @Override
    public void close() {
        biased.close();
        plans.values().forEach(ConvolutionPlan::close);
        plans.clear();
    }
}
