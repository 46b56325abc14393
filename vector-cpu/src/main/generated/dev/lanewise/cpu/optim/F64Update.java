// Generated from src/main/templates/optim/Update.java.template: do not edit.
package dev.lanewise.cpu.optim;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.optim.Updates.AdamOperands;
import dev.lanewise.tensor.op.Update;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/**
 * Optimizer steps in double precision. Elements are independent, so a masked vector serves the tail. Without weight decay
 * the penalty is left out rather than multiplied by 0, which would make NaN of an infinite parameter.
 */
final class F64Update {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    private F64Update() {}

    static void sgd(Update.SgdStep op, long p, long g, long momentum, long newP, long newMomentum, long from, long to) {
        if (newMomentum == 0) {
            plain(op, p, g, newP, from, to);
        } else if (op.first() && op.nesterov()) {
            firstNesterov(op, p, g, newP, newMomentum, from, to);
        } else if (op.first()) {
            first(op, p, g, newP, newMomentum, from, to);
        } else if (op.nesterov()) {
            laterNesterov(op, p, g, momentum, newP, newMomentum, from, to);
        } else {
            later(op, p, g, momentum, newP, newMomentum, from, to);
        }
    }

    private static void plain(Update.SgdStep op, long p, long g, long newP, long from, long to) {
        double rate = op.rate();
        double decay = op.weightDecay();
        VectorMask<Double> penalized = Species.F64.maskAll(decay != 0);
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = DoubleVector.fromMemorySegment(Species.F64, ALL, (p + at) & MASK, Species.ORDER, lanes);
            DoubleVector step = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            parameter.sub(step.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void first(
            Update.SgdStep op, long p, long g, long newP, long newMomentum, long from, long to) {
        double rate = op.rate();
        double decay = op.weightDecay();
        VectorMask<Double> penalized = Species.F64.maskAll(decay != 0);
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = DoubleVector.fromMemorySegment(Species.F64, ALL, (p + at) & MASK, Species.ORDER, lanes);
            DoubleVector step = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            step.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            parameter.sub(step.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void firstNesterov(
            Update.SgdStep op, long p, long g, long newP, long newMomentum, long from, long to) {
        double rate = op.rate();
        double decay = op.weightDecay();
        VectorMask<Double> penalized = Species.F64.maskAll(decay != 0);
        double kept = op.momentum();
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = DoubleVector.fromMemorySegment(Species.F64, ALL, (p + at) & MASK, Species.ORDER, lanes);
            DoubleVector step = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            step.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            step = step.add(step.mul(kept));
            parameter.sub(step.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void later(
            Update.SgdStep op, long p, long g, long momentum, long newP, long newMomentum, long from, long to) {
        double rate = op.rate();
        double decay = op.weightDecay();
        VectorMask<Double> penalized = Species.F64.maskAll(decay != 0);
        double kept = op.momentum();
        double fresh = (1 - op.dampening());
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = DoubleVector.fromMemorySegment(Species.F64, ALL, (p + at) & MASK, Species.ORDER, lanes);
            DoubleVector step = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            DoubleVector average = step.mul(fresh).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (momentum + at) & MASK, Species.ORDER, lanes).mul(kept));
            average.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            parameter.sub(average.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void laterNesterov(
            Update.SgdStep op, long p, long g, long momentum, long newP, long newMomentum, long from, long to) {
        double rate = op.rate();
        double decay = op.weightDecay();
        VectorMask<Double> penalized = Species.F64.maskAll(decay != 0);
        double kept = op.momentum();
        double fresh = (1 - op.dampening());
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = DoubleVector.fromMemorySegment(Species.F64, ALL, (p + at) & MASK, Species.ORDER, lanes);
            DoubleVector step = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            DoubleVector average = step.mul(fresh).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (momentum + at) & MASK, Species.ORDER, lanes).mul(kept));
            average.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            average = step.add(average.mul(kept));
            parameter.sub(average.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
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
        VectorMask<Double> penalized = Species.F64.maskAll(penalty != 0);
        for (long i = from; i < to; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, to);
            long at = i * BYTES;
            DoubleVector parameter = DoubleVector.fromMemorySegment(Species.F64, ALL, (in.p() + at) & MASK, Species.ORDER, lanes).mul(shrink);
            DoubleVector gradient = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(penalty), penalized);
            DoubleVector mean = DoubleVector.fromMemorySegment(Species.F64, ALL, (in.m() + at) & MASK, Species.ORDER, lanes);
            mean = mean.add(gradient.sub(mean).mul(freshMean));
            DoubleVector square = DoubleVector.fromMemorySegment(Species.F64, ALL, (in.v() + at) & MASK, Species.ORDER, lanes)
                    .mul(beta2)
                    .add(gradient.mul(gradient).mul(freshSquare));
            mean.intoMemorySegment(ALL, (out.m() + at) & MASK, Species.ORDER, lanes);
            square.intoMemorySegment(ALL, (out.v() + at) & MASK, Species.ORDER, lanes);
            DoubleVector root = square.sqrt().mul(correction).add(epsilon);
            parameter.sub(mean.div(root).mul(rate)).intoMemorySegment(ALL, (out.p() + at) & MASK, Species.ORDER, lanes);
        }
    }
}
