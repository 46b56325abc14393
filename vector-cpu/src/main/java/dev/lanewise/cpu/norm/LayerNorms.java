package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;

/** Runs {@link LayerNormalization} and {@link LayerNormalizationGrad}. Rows are read several times, but from the nearest cache. */
public final class LayerNorms {
    private static final long GRAIN = 1 << 14;

    /** The most blocks of rows that partial gradients of the weights are kept for. */
    private static final long MOST_BLOCKS = 64;

    /**
     * Rows whose moments are taken before the first of them is normalized: the sum of lanes, the quotients and the root at the
     * end of a row are one long chain, which those of the other rows and their loops overlap.
     */
    private static final int TOGETHER = 4;

    /** Bytes that a row's mean and variance are computed in. */
    private static final long MOMENTS = 2L * Species.VECTOR_BYTES;

    private final MomentKernel kernel;
    private final int bytes;
    private final long rows;
    private final int n;

    private LayerNorms(Tensor x, int dims) {
        Shape shape = x.shape();
        bytes = x.dtype().bytes();
        kernel = MomentKernel.ofBytes(bytes);
        n = Math.toIntExact(shape.slice(shape.rank() - dims, shape.rank()).elements());
        rows = shape.slice(0, shape.rank() - dims).elements();
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(LayerNormalization op, Tensor[] inputs, Tensor[] outputs) {
        LayerNorms norm = new LayerNorms(inputs[0], op.dims());
        try (Scratch constants = Scratch.borrow(2L * norm.n * norm.bytes);
                Dense x = Dense.of(inputs[0]);
                Dense weight = inputs.length > 1 ? Dense.of(inputs[1]) : norm.constant(constants, 0, 1);
                Dense bias = inputs.length > 2 ? Dense.of(inputs[2]) : norm.constant(constants, 1, 0)) {
            norm.forward(op.epsilon(), x.address(), weight.address(), bias.address(), outputs);
        }
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(LayerNormalizationGrad op, Tensor[] inputs, Tensor[] outputs) {
        LayerNorms norm = new LayerNorms(inputs[1], op.forward().dims());
        try (Scratch constants = Scratch.borrow((long) norm.n * norm.bytes);
                Dense g = Dense.of(inputs[0]);
                Dense x = Dense.of(inputs[1]);
                Dense mean = Dense.of(inputs[2]);
                Dense deviation = Dense.of(inputs[3]);
                Dense weight = inputs.length > 4 ? Dense.of(inputs[4]) : norm.constant(constants, 0, 1)) {
            norm.backward(g.address(), x.address(), mean.address(), deviation.address(), weight.address(), outputs);
        }
    }

    private Dense constant(Scratch scratch, int row, double value) {
        long address = scratch.address() + (long) row * n * bytes;
        kernel.fill(address, n, value);
        return Dense.at(address);
    }

    private void forward(double epsilon, long x, long weight, long bias, Tensor[] outputs) {
        long y = Dense.address(outputs[0]);
        long means = Dense.address(outputs[1]);
        long deviations = Dense.address(outputs[2]);
        long rowBytes = (long) n * bytes;
        Workers.forRange(rows, Math.max(1, GRAIN / Math.max(1, n)), (from, to) -> {
            try (Scratch moments = Scratch.borrow(TOGETHER * MOMENTS)) {
                for (long row = from; row < to; row += TOGETHER) {
                    int together = (int) Math.min(TOGETHER, to - row);
                    for (int i = 0; i < together; i++) {
                        kernel.moments(x + (row + i) * rowBytes, n, moments.address() + i * MOMENTS);
                    }
                    for (int i = 0; i < together; i++) {
                        double mean = f64(moments.address() + i * MOMENTS);
                        double variance = f64(moments.address() + i * MOMENTS + Double.BYTES);
                        double reciprocal = 1 / Math.sqrt(variance + epsilon);
                        long at = (row + i) * rowBytes;
                        kernel.normalize(x + at, y + at, n, mean, reciprocal, weight, bias);
                        kernel.store(means + (row + i) * bytes, mean);
                        kernel.store(deviations + (row + i) * bytes, reciprocal);
                    }
                }
            }
        });
    }

    private void backward(long g, long x, long means, long deviations, long weight, Tensor[] outputs) {
        long gx = Dense.address(outputs[0]);
        long weightGrad = Dense.address(outputs[1]);
        long biasGrad = Dense.address(outputs[2]);
        long rowBytes = (long) n * bytes;
        long block = Math.max(Math.ceilDiv(rows, MOST_BLOCKS), Math.ceilDiv(GRAIN, (long) Math.max(1, n)));
        long blocks = Math.ceilDiv(rows, block);
        try (Scratch partials = Scratch.borrow(2 * blocks * rowBytes)) {
            long partial = partials.address();
            Workers.forRange(blocks, 1, (from, to) -> {
                try (Scratch sums = Scratch.borrow(2 * Double.BYTES)) {
                    for (long i = from; i < to; i++) {
                        long weightPart = partial + 2 * i * rowBytes;
                        kernel.fill(weightPart, n, 0);
                        kernel.fill(weightPart + rowBytes, n, 0);
                        for (long row = i * block; row < Math.min(rows, (i + 1) * block); row++) {
                            long at = row * rowBytes;
                            double mean = kernel.load(means + row * bytes);
                            double reciprocal = kernel.load(deviations + row * bytes);
                            gradRow(g + at, x + at, gx + at, mean, reciprocal, weight, weightPart, sums.address());
                        }
                    }
                }
            });
            // one call of each kernel, since C2 writes out every one
            for (int part = 0; part < 2; part++) {
                long total = part == 0 ? weightGrad : biasGrad;
                kernel.fill(total, n, 0);
                for (long i = 0; i < blocks; i++) {
                    kernel.add(partial + (2 * i + part) * rowBytes, n, total);
                }
            }
        }
    }

    private void gradRow(
            long g, long x, long gx, double mean, double reciprocal, long weight, long weightPart, long sums) {
        f64(sums, 0);
        f64(sums + Double.BYTES, 0);
        kernel.gradSums(g, x, n, mean, weight, sums);
        double shift = f64(sums) / n * reciprocal;
        double slope = f64(sums + Double.BYTES) / n * reciprocal * reciprocal * reciprocal;
        kernel.grad(g, x, gx, n, mean, reciprocal, shift, slope, weight, weightPart, weightPart + (long) n * bytes);
    }
}
