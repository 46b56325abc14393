package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;

/** Convolutions of tensors; strided operands are copied to dense ones before. */
public final class Convolutions {
    private Convolutions() {}

    /** The convolution of {@code [n, c, h, w]} with {@code [k, c / groups, r, s]}, and its bias if there is a third operand. */
    public static void run(Convolution2d op, Tensor[] inputs, Tensor[] outputs) {
        ConvShape shape = shape(op, inputs[0].shape(), inputs[1].shape());
        boolean hasBias = inputs.length == 3;
        try (Dense x = Dense.of(inputs[0]);
                Dense w = Dense.of(inputs[1]);
                Dense bias = hasBias ? Dense.of(inputs[2]) : Dense.at(0)) {
            plan(shape, Pass.FORWARD, outputs[0])
                    .run(x.address(), w.address(), bias.address(), Dense.address(outputs[0]));
        }
    }

    /** The gradient for the input. */
    public static void run(Convolution2dInputGrad op, Tensor[] inputs, Tensor[] outputs) {
        ConvShape shape = shape(op.conv(), outputs[0].shape(), inputs[1].shape());
        try (Dense gy = Dense.of(inputs[0]);
                Dense w = Dense.of(inputs[1])) {
            plan(shape, Pass.INPUT_GRAD, outputs[0]).run(gy.address(), w.address(), 0, Dense.address(outputs[0]));
        }
    }

    /** The gradient for the weight. */
    public static void run(Convolution2dWeightGrad op, Tensor[] inputs, Tensor[] outputs) {
        ConvShape shape = shape(op.conv(), inputs[1].shape(), outputs[0].shape());
        try (Dense gy = Dense.of(inputs[0]);
                Dense x = Dense.of(inputs[1])) {
            plan(shape, Pass.WEIGHT_GRAD, outputs[0]).run(x.address(), gy.address(), 0, Dense.address(outputs[0]));
        }
    }

    private static Kernel plan(ConvShape shape, Pass pass, Tensor result) {
        return Plans.of(ConvProblem.of(shape, pass, result.dtype()));
    }

    private static ConvShape shape(Convolution2d conv, Shape x, Shape weight) {
        return new ConvShape(
                Math.toIntExact(x.size(0)),
                Math.toIntExact(x.size(1)),
                Math.toIntExact(x.size(2)),
                Math.toIntExact(x.size(3)),
                Math.toIntExact(weight.size(0)),
                Math.toIntExact(weight.size(2)),
                Math.toIntExact(weight.size(3)),
                step(conv.strideH(), x.size(2), conv.paddingH()),
                step(conv.strideW(), x.size(3), conv.paddingW()),
                conv.paddingH(),
                conv.paddingW(),
                weight.size(2) == 1 ? 1 : conv.dilationH(),
                weight.size(3) == 1 ? 1 : conv.dilationW(),
                conv.groups());
    }

    /** A stride that leaves the padded input is never taken: any that does so means the same. */
    private static int step(int stride, long size, int padding) {
        return (int) Math.min(stride, size + 2L * padding);
    }
}
