package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;

/** Runs {@link CrossEntropy} and {@link CrossEntropyGrad}. */
public final class CrossEntropies {
    private static final long GRAIN = 1 << 14;

    private final CrossEntropy op;
    private final int bytes;
    private final long rows;
    private final int classes;
    private final long target;
    private final long targetStride;
    /** The address of the classes' weights, or 0. */
    private final long weights;

    private final long weightStride;

    private CrossEntropies(CrossEntropy op, Tensor logits, Tensor[] inputs, int targetAt) {
        this.op = op;
        this.bytes = logits.dtype().bytes();
        this.rows = logits.shape().size(0);
        this.classes = Math.toIntExact(logits.shape().size(1));
        this.target = Dense.address(inputs[targetAt]);
        this.targetStride = inputs[targetAt].stride(0) * Long.BYTES;
        boolean weighted = inputs.length > targetAt + 1;
        this.weights = weighted ? Dense.address(inputs[targetAt + 1]) : 0;
        this.weightStride = weighted ? inputs[targetAt + 1].stride(0) * bytes : 0;
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(CrossEntropy op, Tensor[] inputs, Tensor[] outputs) {
        CrossEntropies rows = new CrossEntropies(op, inputs[0], inputs, 1);
        rows.checkClasses();
        try (Dense x = Dense.of(inputs[0]);
                Scratch losses = Scratch.borrow(rows.rows * Double.BYTES)) {
            rows.forward(x.address(), Dense.address(outputs[1]), losses.address(), Dense.address(outputs[0]));
        }
    }

    /** Runs the operation on any strided inputs into a dense output. */
    public static void run(CrossEntropyGrad op, Tensor[] inputs, Tensor[] outputs) {
        CrossEntropies rows = new CrossEntropies(op.forward(), inputs[1], inputs, 2);
        rows.checkClasses();
        Tensor g = inputs[0];
        long gStride = op.forward().reduction() == Reduction.NONE ? g.stride(0) * rows.bytes : 0;
        try (Dense logp = Dense.of(inputs[1])) {
            rows.backward(Dense.address(g), gStride, logp.address(), Dense.address(outputs[0]));
        }
    }

    /** Throws before anything is computed; {@link #classOf} looks again, since other threads may write meanwhile. */
    private void checkClasses() {
        for (long row = 0; row < rows; row++) {
            classOf(row);
        }
    }

    private void forward(long x, long logp, long losses, long loss) {
        SoftmaxKernel kernel = SoftmaxKernel.ofBytes(bytes);
        long rowBytes = (long) classes * bytes;
        Workers.forRange(rows, Math.max(1, GRAIN / Math.max(1, classes)), (from, to) -> {
            kernel.rows(x + from * rowBytes, logp + from * rowBytes, to - from, classes, true);
            for (long row = from; row < to; row++) {
                f64(losses + row * Double.BYTES, rowLoss(row, logp + row * rowBytes));
            }
        });
        if (op.reduction() == Reduction.NONE) {
            for (long row = 0; row < rows; row++) {
                store(loss + row * bytes, f64(losses + row * Double.BYTES));
            }
            return;
        }
        double sum = 0;
        for (long row = 0; row < rows; row++) {
            sum += f64(losses + row * Double.BYTES);
        }
        store(loss, op.reduction() == Reduction.SUM ? sum : sum / weightSum());
    }

    private double rowLoss(long row, long logp) {
        long number = classOf(row);
        if (number == op.ignoreIndex()) {
            return 0;
        }
        double loss = -(1 - op.labelSmoothing()) * weight(number) * load(logp + number * bytes);
        if (op.labelSmoothing() > 0) {
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += weight(c) * load(logp + (long) c * bytes);
            }
            loss -= op.labelSmoothing() / classes * sum;
        }
        return loss;
    }

    private void backward(long g, long gStride, long logp, long gx) {
        double scale = op.reduction() == Reduction.MEAN ? 1 / weightSum() : 1;
        double spread = op.labelSmoothing() / classes;
        double spreadMass = 0;
        if (spread > 0) {
            for (int c = 0; c < classes; c++) {
                spreadMass += spread * weight(c);
            }
        }
        double mass = spreadMass;
        SoftmaxKernel kernel = SoftmaxKernel.ofBytes(bytes);
        Workers.forRange(rows, Math.max(1, GRAIN / Math.max(1, classes)), (from, to) -> {
            for (long row = from; row < to; row++) {
                long number = classOf(row);
                long at = row * classes * bytes;
                boolean counted = number != op.ignoreIndex();
                double factor = counted ? load(g + row * gStride) * scale : 0;
                double hard = counted ? (1 - op.labelSmoothing()) * weight(number) : 0;
                kernel.expRow(logp + at, gx + at, classes, (hard + mass) * factor);
                if (counted) {
                    subtractTargets(gx + at, number, hard * factor, spread * factor);
                }
            }
        });
    }

    private void subtractTargets(long gx, long number, double hard, double spread) {
        if (spread != 0) {
            for (int c = 0; c < classes; c++) {
                long at = gx + (long) c * bytes;
                store(at, load(at) - spread * weight(c));
            }
        }
        store(gx + number * bytes, load(gx + number * bytes) - hard);
    }

    private double weightSum() {
        double sum = 0;
        for (long row = 0; row < rows; row++) {
            long number = classOf(row);
            sum += number == op.ignoreIndex() ? 0 : weight(number);
        }
        return sum;
    }

    private long classOf(long row) {
        long number = i64(target + row * targetStride);
        if (number != op.ignoreIndex() && (number < 0 || number >= classes)) {
            throw new TensorException(op.opName() + ": class " + number + " at row " + row + " is outside 0 to "
                    + (classes - 1) + " for " + classes + " logits; check the classes");
        }
        return number;
    }

    private double weight(long number) {
        return weights == 0 ? 1 : load(weights + number * weightStride);
    }

    private double load(long address) {
        return bytes == Float.BYTES ? f32(address) : f64(address);
    }

    private void store(long address, double value) {
        if (bytes == Float.BYTES) {
            f32(address, (float) value);
        } else {
            f64(address, value);
        }
    }
}
