package dev.lanewise.testkit;

import dev.lanewise.tensor.op.Update;

/** Optimizer steps. */
final class ReferenceUpdates {
    private ReferenceUpdates() {}

    static void step(Update op, Elements[] in, Elements[] out) {
        int operands = op.operands();
        for (int group = 0; group < in.length / operands; group++) {
            int first = group * operands;
            int result = group * (operands - 1);
            for (long i = 0; i < in[first].count(); i++) {
                long[] at = in[first].index(i);
                switch (op) {
                    case Update.SgdStep sgd -> sgd(sgd, in, first, out, result, at);
                    case Update.AdamStep adam -> adam(adam, in, first, out, result, at);
                }
            }
        }
    }

    private static void sgd(Update.SgdStep op, Elements[] in, int first, Elements[] out, int result, long[] at) {
        double p = in[first].real(at);
        double g = in[first + 1].real(at) + penalty(op.weightDecay(), p);
        double step = g;
        if (op.momentum() != 0) {
            double b = op.first() ? g : op.momentum() * in[first + 2].real(at) + (1 - op.dampening()) * g;
            out[result + 1].set(b, at);
            step = op.nesterov() ? g + op.momentum() * b : b;
        }
        out[result].set(p - op.rate() * step, at);
    }

    private static void adam(Update.AdamStep op, Elements[] in, int first, Elements[] out, int result, long[] at) {
        double p = in[first].real(at);
        double g = in[first + 1].real(at);
        if (op.decoupled()) {
            p *= 1 - op.rate() * op.weightDecay();
        } else {
            g += penalty(op.weightDecay(), p);
        }
        double m = op.beta1() * in[first + 2].real(at) + (1 - op.beta1()) * g;
        double v = op.beta2() * in[first + 3].real(at) + (1 - op.beta2()) * g * g;
        double rate = op.rate() / (1 - Math.pow(op.beta1(), op.step()));
        double root = Math.sqrt(v) / Math.sqrt(1 - Math.pow(op.beta2(), op.step()));
        out[result].set(p - rate * m / (root + op.epsilon()), at);
        out[result + 1].set(m, at);
        out[result + 2].set(v, at);
    }

    /** An infinite parameter without weight decay has none, and not NaN. */
    private static double penalty(double decay, double p) {
        return decay == 0 ? 0 : decay * p;
    }
}
