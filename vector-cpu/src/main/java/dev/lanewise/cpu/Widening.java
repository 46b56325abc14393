package dev.lanewise.cpu;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Origins;
import dev.lanewise.tensor.spi.Storage;

/** Runs operations on 16-bit floating-point numbers in single precision and rounds their results. */
final class Widening {
    private Widening() {}

    /** Whether an operation computes with 16-bit numbers; those that only move or convert elements need no widening. */
    static boolean isNeeded(Op op, Tensor[] inputs, Tensor[] outputs) {
        boolean moves = op instanceof Cast
                || op instanceof Copy
                || op instanceof Ternary
                || op instanceof Source.Fill
                || op instanceof Source.Range
                || op instanceof Cat
                || op instanceof IndexSelect
                || op instanceof Gather
                || op instanceof Scatter scatter && scatter.kind() == Scatter.Kind.SET;
        return !moves && (anyHalf(inputs) || anyHalf(outputs));
    }

    static void execute(Backend backend, Op op, Tensor[] inputs, Tensor[] outputs) {
        try (var ignored = Scope.open(op.opName() + " in F32")) {
            Tensor[] wide = new Tensor[inputs.length];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = widen(inputs[i]);
            }
            Tensor[] results = results(op, wide);
            for (int i = 0; i < outputs.length; i++) {
                if (outputs[i].shape().isEmpty()) {
                    continue;
                }
                Op back = isHalf(outputs[i].dtype()) ? new Cast(outputs[i].dtype()) : Copy.COPY;
                backend.execute(back, new Tensor[] {results[i]}, new Tensor[] {outputs[i]});
            }
        }
    }

    private static Tensor widen(Tensor tensor) {
        Tensor constant = Origins.withOrigin(tensor, null);
        return isHalf(tensor.dtype()) ? constant.to(DType.F32) : constant;
    }

    private static Tensor[] results(Op op, Tensor[] wide) {
        if (op instanceof Source.Random random) {
            return new Tensor[] {random(random)};
        }
        return op instanceof Update update ? update(update, wide) : Tensor.applyAll(op, wide);
    }

    private static Tensor random(Source.Random op) {
        TensorSpec spec = op.spec().with(DType.F32);
        Tensor wide = Tensor.create(
                new Source.Random(op.distribution(), op.seed(), op.counter(), op.a(), op.b(), spec), Device.CPU);
        if (op.distribution() != Source.Distribution.UNIFORM) {
            return wide;
        }
        // cut, not rounded: no number becomes 1
        double steps = op.spec().dtype() == DType.F16 ? 0x1p11 : 0x1p8;
        return wide.mul(steps).floor().div(steps);
    }

    /** Updates the widened parameters and states in place; gradients are the second of every group. */
    private static Tensor[] update(Update op, Tensor[] wide) {
        int group = op.operands();
        Tensor[] results = new Tensor[wide.length / group * (group - 1)];
        for (int i = 0, o = 0; i < wide.length; i++) {
            if (i % group != 1) {
                results[o++] = wide[i];
            }
        }
        Storage.update(op, results, wide);
        return results;
    }

    private static boolean anyHalf(Tensor[] tensors) {
        for (Tensor tensor : tensors) {
            if (isHalf(tensor.dtype())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isHalf(DType dtype) {
        return dtype == DType.F16 || dtype == DType.BF16;
    }
}
