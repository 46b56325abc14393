package dev.lanewise.cpu.pool;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.cpu.plan.Problem;
import dev.lanewise.cpu.pool.PoolProblem.Kind;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;

/** Pooling of tensors; strided operands are copied to dense ones before. */
public final class Pools {
    private Pools() {}

    /** The maximum of each window, and its position. */
    public static void run(MaxPooling2d op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense x = Dense.of(inputs[0])) {
            Plans.run(
                    new Call(op.pool(), inputs[0].shape(), false, Kind.MAXIMUM, inputs[0].dtype()),
                    x.address(),
                    0,
                    Dense.address(outputs[1]),
                    Dense.address(outputs[0]));
        }
    }

    /** The gradient of the maximum. */
    public static void run(MaxPooling2dGrad op, Tensor[] inputs, Tensor[] outputs) {
        if (inputs[0].shape().isEmpty()) {
            clear(outputs[0]);
            return;
        }
        try (Dense gy = Dense.of(inputs[0]);
                Dense indices = Dense.of(inputs[1])) {
            Plans.run(
                    new Call(op.pool(), outputs[0].shape(), false, Kind.MAXIMUM_GRAD, inputs[0].dtype()),
                    gy.address(),
                    indices.address(),
                    0,
                    Dense.address(outputs[0]));
        }
    }

    /** The mean of each window. */
    public static void run(AveragePooling2d op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense x = Dense.of(inputs[0])) {
            Plans.run(
                    new Call(op.pool(), inputs[0].shape(), op.countIncludePad(), Kind.AVERAGE, inputs[0].dtype()),
                    x.address(),
                    0,
                    0,
                    Dense.address(outputs[0]));
        }
    }

    /** The gradient of the mean. */
    public static void run(AveragePooling2dGrad op, Tensor[] inputs, Tensor[] outputs) {
        if (inputs[0].shape().isEmpty()) {
            clear(outputs[0]);
            return;
        }
        AveragePooling2d forward = op.forward();
        try (Dense gy = Dense.of(inputs[0])) {
            Plans.run(
                    new Call(
                            forward.pool(),
                            outputs[0].shape(),
                            forward.countIncludePad(),
                            Kind.AVERAGE_GRAD,
                            inputs[0].dtype()),
                    gy.address(),
                    0,
                    0,
                    Dense.address(outputs[0]));
        }
    }

    /** The gradient of poolings where no window fitted. */
    private static void clear(Tensor gradient) {
        long bytes = gradient.shape().elements() * gradient.dtype().bytes();
        ALL.asSlice(Dense.address(gradient), bytes).fill((byte) 0);
    }

    /**
     * The {@link PoolProblem} of a call, in the values at hand: a call that finds its plan makes no others.
     *
     * @param x the shape of the input
     */
    record Call(PoolingWindow pool, Shape x, boolean countIncludePad, Kind kind, DType type) implements Problem {
        @Override
        public Kernel plan(int threads) {
            return new PoolProblem(shape(pool, x, countIncludePad), kind, type).plan(threads);
        }
    }

    private static PoolShape shape(PoolingWindow pool, Shape x, boolean countIncludePad) {
        return new PoolShape(
                Math.toIntExact(x.size(0)),
                Math.toIntExact(x.size(1)),
                Math.toIntExact(x.size(2)),
                Math.toIntExact(x.size(3)),
                pool.kernelH(),
                pool.kernelW(),
                // a stride that leaves the padded input is never taken
                (int) Math.min(pool.strideH(), Math.max(pool.kernelH(), x.size(2) + 2L * pool.paddingH())),
                (int) Math.min(pool.strideW(), Math.max(pool.kernelW(), x.size(3) + 2L * pool.paddingW())),
                pool.paddingH(),
                pool.paddingW(),
                pool.ceilMode(),
                countIncludePad);
    }
}
