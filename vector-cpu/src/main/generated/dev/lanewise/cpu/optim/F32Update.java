// Generated from src/main/templates/optim/Update.java.template: do not edit.
package dev.lanewise.cpu.optim;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.optim.Updates.AdamOperands;
import dev.lanewise.tensor.op.Update;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Optimizer steps in single precision. Elements are independent, so a masked vector serves the tail. Without weight decay
 * the penalty is left out rather than multiplied by 0, which would make NaN of an infinite parameter.
 */
final class F32Update {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;

    private F32Update() {}

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
        float rate = (float) op.rate();
        float decay = (float) op.weightDecay();
        VectorMask<Float> penalized = Species.F32.maskAll(decay != 0);
        for (long i = from; i < to; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, to);
            long at = i * BYTES;
            FloatVector parameter = FloatVector.fromMemorySegment(Species.F32, ALL, (p + at) & MASK, Species.ORDER, lanes);
            FloatVector step = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            parameter.sub(step.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void first(
            Update.SgdStep op, long p, long g, long newP, long newMomentum, long from, long to) {
        float rate = (float) op.rate();
        float decay = (float) op.weightDecay();
        VectorMask<Float> penalized = Species.F32.maskAll(decay != 0);
        for (long i = from; i < to; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, to);
            long at = i * BYTES;
            FloatVector parameter = FloatVector.fromMemorySegment(Species.F32, ALL, (p + at) & MASK, Species.ORDER, lanes);
            FloatVector step = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            step.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            parameter.sub(step.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void firstNesterov(
            Update.SgdStep op, long p, long g, long newP, long newMomentum, long from, long to) {
        float rate = (float) op.rate();
        float decay = (float) op.weightDecay();
        VectorMask<Float> penalized = Species.F32.maskAll(decay != 0);
        float kept = (float) op.momentum();
        for (long i = from; i < to; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, to);
            long at = i * BYTES;
            FloatVector parameter = FloatVector.fromMemorySegment(Species.F32, ALL, (p + at) & MASK, Species.ORDER, lanes);
            FloatVector step = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            step.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            step = step.add(step.mul(kept));
            parameter.sub(step.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void later(
            Update.SgdStep op, long p, long g, long momentum, long newP, long newMomentum, long from, long to) {
        float rate = (float) op.rate();
        float decay = (float) op.weightDecay();
        VectorMask<Float> penalized = Species.F32.maskAll(decay != 0);
        float kept = (float) op.momentum();
        float fresh = (float) (1 - op.dampening());
        for (long i = from; i < to; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, to);
            long at = i * BYTES;
            FloatVector parameter = FloatVector.fromMemorySegment(Species.F32, ALL, (p + at) & MASK, Species.ORDER, lanes);
            FloatVector step = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            FloatVector average = step.mul(fresh).add(FloatVector.fromMemorySegment(Species.F32, ALL, (momentum + at) & MASK, Species.ORDER, lanes).mul(kept));
            average.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            parameter.sub(average.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    private static void laterNesterov(
            Update.SgdStep op, long p, long g, long momentum, long newP, long newMomentum, long from, long to) {
        float rate = (float) op.rate();
        float decay = (float) op.weightDecay();
        VectorMask<Float> penalized = Species.F32.maskAll(decay != 0);
        float kept = (float) op.momentum();
        float fresh = (float) (1 - op.dampening());
        for (long i = from; i < to; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, to);
            long at = i * BYTES;
            FloatVector parameter = FloatVector.fromMemorySegment(Species.F32, ALL, (p + at) & MASK, Species.ORDER, lanes);
            FloatVector step = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(decay), penalized);
            FloatVector average = step.mul(fresh).add(FloatVector.fromMemorySegment(Species.F32, ALL, (momentum + at) & MASK, Species.ORDER, lanes).mul(kept));
            average.intoMemorySegment(ALL, (newMomentum + at) & MASK, Species.ORDER, lanes);
            average = step.add(average.mul(kept));
            parameter.sub(average.mul(rate)).intoMemorySegment(ALL, (newP + at) & MASK, Species.ORDER, lanes);
        }
    }

    static void adam(Update.AdamStep op, AdamOperands in, long g, AdamOperands out, long from, long to) {
        float beta2 = (float) op.beta2();
        float freshMean = (float) (1 - op.beta1());
        float freshSquare = (float) (1 - op.beta2());
        float rate = (float) (op.rate() / (1 - Math.pow(op.beta1(), op.step())));
        float correction = (float) (1 / Math.sqrt(1 - Math.pow(op.beta2(), op.step())));
        float epsilon = (float) op.epsilon();
        float shrink = (float) (op.decoupled() ? 1 - op.rate() * op.weightDecay() : 1);
        float penalty = (float) (op.decoupled() ? 0 : op.weightDecay());
        VectorMask<Float> penalized = Species.F32.maskAll(penalty != 0);
        for (long i = from; i < to; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, to);
            long at = i * BYTES;
            FloatVector parameter = FloatVector.fromMemorySegment(Species.F32, ALL, (in.p() + at) & MASK, Species.ORDER, lanes).mul(shrink);
            FloatVector gradient = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, lanes).add(parameter.mul(penalty), penalized);
            FloatVector mean = FloatVector.fromMemorySegment(Species.F32, ALL, (in.m() + at) & MASK, Species.ORDER, lanes);
            mean = mean.add(gradient.sub(mean).mul(freshMean));
            FloatVector square = FloatVector.fromMemorySegment(Species.F32, ALL, (in.v() + at) & MASK, Species.ORDER, lanes)
                    .mul(beta2)
                    .add(gradient.mul(gradient).mul(freshSquare));
            mean.intoMemorySegment(ALL, (out.m() + at) & MASK, Species.ORDER, lanes);
            square.intoMemorySegment(ALL, (out.v() + at) & MASK, Species.ORDER, lanes);
            FloatVector root = square.sqrt().mul(correction).add(epsilon);
            parameter.sub(mean.div(root).mul(rate)).intoMemorySegment(ALL, (out.p() + at) & MASK, Species.ORDER, lanes);
        }
    }
}
