package dev.lanewise.cpu.optim;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Update;

/** Runs the optimizer steps {@link Update.SgdStep} and {@link Update.AdamStep}, one pass over each parameter. */
public final class Updates {
    private static final long GRAIN = 1 << 14;

    private Updates() {}

    /** Runs the step from any strided inputs into dense outputs, which may be the inputs themselves. */
    public static void run(Update.SgdStep op, Tensor[] inputs, Tensor[] outputs) {
        int group = op.operands();
        for (int i = 0, o = 0; i < inputs.length; i += group, o += group - 1) {
            Tensor state = inputs[i + group - 1];
            long stateOutput = group == 3 ? Dense.address(outputs[o + 1]) : 0;
            sgd(op, inputs[i], inputs[i + 1], state, Dense.address(outputs[o]), stateOutput);
        }
    }

    private static void sgd(Update.SgdStep op, Tensor parameter, Tensor gradient, Tensor state, long y, long z) {
        boolean single = gradient.dtype().bytes() == Float.BYTES;
        try (Dense p = Dense.of(parameter);
                Dense g = Dense.of(gradient);
                Dense b = Dense.of(state)) {
            Workers.forRange(gradient.shape().elements(), GRAIN, (from, to) -> {
                if (single) {
                    F32Update.sgd(op, p.address(), g.address(), b.address(), y, z, from, to);
                } else {
                    F64Update.sgd(op, p.address(), g.address(), b.address(), y, z, from, to);
                }
            });
        }
    }

    /** Runs the step from any strided inputs into dense outputs, which may be the inputs themselves. */
    public static void run(Update.AdamStep op, Tensor[] inputs, Tensor[] outputs) {
        int group = op.operands();
        for (int i = 0, o = 0; i < inputs.length; i += group, o += group - 1) {
            try (Dense p = Dense.of(inputs[i]);
                    Dense g = Dense.of(inputs[i + 1]);
                    Dense m = Dense.of(inputs[i + 2]);
                    Dense v = Dense.of(inputs[i + 3])) {
                AdamOperands in = new AdamOperands(p.address(), m.address(), v.address());
                AdamOperands out = new AdamOperands(
                        Dense.address(outputs[o]), Dense.address(outputs[o + 1]), Dense.address(outputs[o + 2]));
                adam(
                        op,
                        inputs[i].dtype().bytes(),
                        in,
                        g.address(),
                        out,
                        inputs[i].shape().elements());
            }
        }
    }

    private static void adam(Update.AdamStep op, int bytes, AdamOperands in, long g, AdamOperands out, long elements) {
        Workers.forRange(elements, GRAIN, (from, to) -> {
            if (bytes == Float.BYTES) {
                F32Update.adam(op, in, g, out, from, to);
            } else {
                F64Update.adam(op, in, g, out, from, to);
            }
        });
    }

    /** Addresses of a parameter and of its mean and mean square gradients. */
    record AdamOperands(long p, long m, long v) {}
}
