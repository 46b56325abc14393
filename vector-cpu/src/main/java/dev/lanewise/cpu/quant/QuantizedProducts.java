package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;

import dev.lanewise.cpu.gemm.F32Panels;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;

/** Runs {@link QuantizedProduct}: how the work is cut depends on the sizes only. */
public final class QuantizedProducts {
    /** Fewer rows of x are multiplied one by one, by rows of the weight that are in the first-level cache. */
    private static final int LEAST_PANEL_ROWS = 6;

    /** Numbers that one task unpacks or multiplies: some microseconds of work. */
    private static final long GRAIN = 1 << 16;

    /** Rows of a weight that are widened to memory at a time. */
    private static final int WIDENED_ROWS = 8;

    private QuantizedProducts() {}

    /** Computes the product, or unpacks the weight. */
    public static void run(QuantizedProduct op, Tensor[] inputs, Tensor[] outputs) {
        Tensor weight = inputs[inputs.length - 1];
        int n = Math.toIntExact(weight.shape().size(0));
        long out = Dense.address(outputs[0]);
        try (Dense blocks = Dense.of(weight);
                Dense x = inputs.length == 2 ? Dense.of(inputs[0]) : Dense.at(0)) {
            BlockRows rows =
                    new BlockRows(op.format(), blocks.address(), weight.shape().size(1));
            int m = inputs.length == 1
                    ? 0
                    : Math.toIntExact(inputs[0].shape().without(-1).elements());
            switch (op.kind()) {
                case UNPACK -> unpack(rows, n, out);
                case LINEAR -> linear(rows, m, n, x.address(), out);
                case LINEAR_GRAD -> QuantizedGrad.run(rows, m, n, x.address(), out);
            }
        }
    }

    private static void unpack(BlockRows weight, int n, long out) {
        Workers.forRange(n, Math.max(1, GRAIN / Math.max(1, weight.k())), (from, to) -> {
            for (long row = from; row < to; row++) {
                weight.unpack(row, 0, weight.k(), out + row * weight.k() * 4L);
            }
        });
    }

    private static void linear(BlockRows weight, int m, int n, long x, long out) {
        if (weight.k() == 0) {
            ALL.asSlice(out, 4L * m * n).fill((byte) 0);
        } else if (m >= LEAST_PANEL_ROWS) {
            new QuantizedPanels(weight, m, n, x, out).run();
        } else {
            BlockDots dots = BlockDots.of(weight.format());
            if (dots == null || m > 1) {
                widened(weight, m, n, x, out);
            } else {
                inRegisters(dots, weight, n, x, out);
            }
        }
    }

    /** One row of x, by weights that are widened in registers. */
    private static void inRegisters(BlockDots dots, BlockRows weight, int n, long x, long out) {
        int groups = weight.k() / BlockDots.GROUP;
        long grain = Math.max(1, GRAIN / weight.k());
        grain = Math.ceilDiv(grain, dots.rows()) * dots.rows();
        try (Scratch sums = Scratch.borrow(groups * Lanes.VECTOR)) {
            dots.sums(groups, x, sums.address());
            long partial = sums.address();
            Workers.forRange(n, grain, (from, to) -> {
                try (Scratch lanes = Scratch.borrow(dots.rows() * Lanes.VECTOR)) {
                    dots.dots(
                            (int) (to - from),
                            groups,
                            weight.row(from),
                            weight.rowBytes(),
                            x,
                            partial,
                            lanes.address(),
                            out + from * 4);
                }
            });
        }
    }

    /** A few rows of x, by a few rows of the weight at a time. */
    private static void widened(BlockRows weight, int m, int n, long x, long out) {
        long rowBytes = weight.k() * 4L;
        long grain = Math.ceilDiv(Math.max(1, GRAIN / weight.k()), WIDENED_ROWS) * (long) WIDENED_ROWS;
        Workers.forRange(n, grain, (from, to) -> {
            try (Scratch wide = Scratch.borrow(WIDENED_ROWS * rowBytes)) {
                for (long row = from; row < to; row += WIDENED_ROWS) {
                    int count = (int) Math.min(WIDENED_ROWS, to - row);
                    for (int i = 0; i < count; i++) {
                        weight.unpack(row + i, 0, weight.k(), wide.address() + i * rowBytes);
                    }
                    for (int i = 0; i < m; i++) {
                        long target = out + ((long) i * n + row) * 4;
                        F32Panels.dots(count, weight.k(), x + i * rowBytes, wide.address(), rowBytes, target);
                    }
                }
            }
        });
    }
}
