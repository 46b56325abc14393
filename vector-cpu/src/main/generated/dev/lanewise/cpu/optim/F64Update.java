// Generated from src/main/templates/optim/Update.java.template: do not edit.
package dev.lanewise.cpu.optim;

import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.optim.Updates.AdamOperands;
import dev.lanewise.tensor.op.Update;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Optimizer steps in double precision. Elements are independent, so a masked vector serves the tail. */
final class F64Update {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    private F64Update() {}

    static void sgd(Update.SgdStep op, long p, long g, long momentum, long newP, long newMomentum, long from, long to) {
        double rate = op.rate();
        double decay = op.weightDecay();
        double kept = op.momentum();
        double fresh = (op.first() ? 1 : 1 - op.dampening());
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = loadF64(p + at, lanes);
            DoubleVector step = loadF64(g + at, lanes).add(parameter.mul(decay));
            if (newMomentum != 0) {
                DoubleVector average = step.mul(fresh);
                if (!op.first()) {
                    average = average.add(loadF64(momentum + at, lanes).mul(kept));
                }
                storeF64(average, newMomentum + at, lanes);
                step = op.nesterov() ? step.add(average.mul(kept)) : average;
            }
            storeF64(parameter.sub(step.mul(rate)), newP + at, lanes);
        }
    }

    static void adam(Update.AdamStep op, AdamOperands in, long g, AdamOperands out, long from, long to) {
        double beta2 = op.beta2();
        double freshMean = (1 - op.beta1());
        double freshSquare = (1 - op.beta2());
        double rate = (op.rate() / (1 - Math.pow(op.beta1(), op.step())));
        double correction = (1 / Math.sqrt(1 - Math.pow(op.beta2(), op.step())));
        double epsilon = op.epsilon();
        double shrink = (op.decoupled() ? 1 - op.rate() * op.weightDecay() : 1);
        double penalty = (op.decoupled() ? 0 : op.weightDecay());
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = loadF64(in.p() + at, lanes).mul(shrink);
            DoubleVector gradient = loadF64(g + at, lanes).add(parameter.mul(penalty));
            DoubleVector mean = loadF64(in.m() + at, lanes);
            mean = mean.add(gradient.sub(mean).mul(freshMean));
            DoubleVector square = loadF64(in.v() + at, lanes)
                    .mul(beta2)
                    .add(gradient.mul(gradient).mul(freshSquare));
            storeF64(mean, out.m() + at, lanes);
            storeF64(square, out.v() + at, lanes);
            DoubleVector root = square.sqrt().mul(correction).add(epsilon);
            storeF64(parameter.sub(mean.div(root).mul(rate)), out.p() + at, lanes);
        }
    }
}
