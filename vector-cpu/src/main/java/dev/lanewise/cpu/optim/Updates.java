package dev.lanewise.cpu.optim;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Update;

/** Runs the optimizer steps {@link Update.SgdStep} and {@link Update.AdamStep}, one pass over each parameter. */
public final class Updates {
    private static final long GRAIN = 1 << 14;

    private Updates() {}

    /** Runs the step; parameters and momenta are dense, gradients may be strided. */
    public static void run(Update.SgdStep op, Tensor[] inputs, Tensor[] outputs) {
        int group = op.operands();
        for (int i = 0, o = 0; i < inputs.length; i += group, o += group - 1) {
            long momentum = group == 3 ? Dense.address(outputs[o + 1]) : 0;
            sgd(op, inputs[i + 1], Dense.address(outputs[o]), momentum);
        }
    }

    private static void sgd(Update.SgdStep op, Tensor gradient, long p, long momentum) {
        boolean single = gradient.dtype().bytes() == Float.BYTES;
        try (Dense g = Dense.of(gradient)) {
            long address = g.address();
            Workers.forRange(gradient.shape().elements(), GRAIN, (from, to) -> {
                if (single) {
                    F32Update.sgd(op, p, address, momentum, from, to);
                } else {
                    F64Update.sgd(op, p, address, momentum, from, to);
                }
            });
        }
    }

    /** Runs the step; parameters and state are dense, gradients may be strided. */
    public static void run(Update.AdamStep op, Tensor[] inputs, Tensor[] outputs) {
        int group = op.operands();
        for (int i = 0, o = 0; i < inputs.length; i += group, o += group - 1) {
            adam(
                    op,
                    inputs[i + 1],
                    Dense.address(outputs[o]),
                    Dense.address(outputs[o + 1]),
                    Dense.address(outputs[o + 2]));
        }
    }

    private static void adam(Update.AdamStep op, Tensor gradient, long p, long m, long v) {
        boolean single = gradient.dtype().bytes() == Float.BYTES;
        try (Dense g = Dense.of(gradient)) {
            long address = g.address();
            Workers.forRange(gradient.shape().elements(), GRAIN, (from, to) -> {
                if (single) {
                    F32Update.adam(op, p, address, m, v, from, to);
                } else {
                    F64Update.adam(op, p, address, m, v, from, to);
                }
            });
        }
    }
}
