package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.elementwise.Elementwise;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.cpu.plan.Problem;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.elementwise.Unary;
import org.jspecify.annotations.Nullable;

/** Convolutions of tensors; strided operands are copied to dense ones before. */
public final class Convolutions {
    private Convolutions() {}

    /** The convolution of {@code [n, c, h, w]} with {@code [k, c / groups, r, s]}, and its bias if there is a third operand. */
    public static void run(Convolution2d op, Tensor[] inputs, Tensor[] outputs) {
        boolean hasBias = inputs.length == 3;
        try (Dense x = Dense.of(inputs[0]);
                Dense w = Dense.of(inputs[1]);
                Dense bias = hasBias ? Dense.of(inputs[2]) : Dense.at(0)) {
            Plans.run(
                    Call.of(op, inputs[0], inputs[1], Pass.FORWARD),
                    x.address(),
                    w.address(),
                    bias.address(),
                    Dense.address(outputs[0]));
        }
    }

    /** The convolution, and ReLU in its result's place. */
    public static void run(Convolution2dRelu op, Tensor[] inputs, Tensor[] outputs) {
        run(op.conv(), inputs, outputs);
        Elementwise.run(Unary.RELU, outputs, outputs);
    }

    /** The gradient for the input. */
    public static void run(Convolution2dInputGrad op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense gy = Dense.of(inputs[0]);
                Dense w = Dense.of(inputs[1])) {
            Plans.run(
                    Call.of(op.conv(), outputs[0], inputs[1], Pass.INPUT_GRAD),
                    gy.address(),
                    w.address(),
                    0,
                    Dense.address(outputs[0]));
        }
    }

    /** The gradient for the weight. */
    public static void run(Convolution2dWeightGrad op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense gy = Dense.of(inputs[0]);
                Dense x = Dense.of(inputs[1])) {
            Plans.run(
                    Call.of(op.conv(), inputs[1], outputs[0], Pass.WEIGHT_GRAD),
                    x.address(),
                    gy.address(),
                    0,
                    Dense.address(outputs[0]));
        }
    }

    /**
     * The {@link ConvProblem} of a call, in the values at hand: a call that finds its plan makes no others.
     *
     * @param x the shape of the input
     * @param weight the shape of the weight
     */
    record Call(
            Convolution2d conv,
            Shape x,
            Shape weight,
            Pass pass,
            DType type,
            @Nullable ConvAlgorithm forced) implements Problem {
        static Call of(Convolution2d conv, Tensor x, Tensor weight, Pass pass) {
            DType type = x.dtype();
            return new Call(conv, x.shape(), weight.shape(), pass, type, ConvAlgorithm.forced(type));
        }

        @Override
        public Kernel plan(int threads) {
            return new ConvProblem(shape(conv, x, weight), pass, type, forced).plan(threads);
        }
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
