package dev.lanewise.cpu.norm;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.norm.AttentionProblem.Product;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.AttentionGrad;

/**
 * Runs {@link AttentionGrad}. Blocks of probabilities are computed again from the scores and the rows' logarithms of
 * sums; each head is one task, whose blocks add up in order.
 */
public final class AttentionGrads {
    private final AttentionProblem problem;
    private final AttentionKernel kernel;
    private final Operands in;
    private final Gradients gradients;

    /** Queries, keys and values. */
    private record Operands(HeadRows q, HeadRows k, HeadRows v) {}

    /** Addresses of their gradients. */
    private record Gradients(long q, long k, long v) {}

    private AttentionGrads(AttentionProblem problem, Operands in, Gradients gradients) {
        this.problem = problem;
        this.kernel = problem.kernel;
        this.in = in;
        this.gradients = gradients;
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(AttentionGrad op, Tensor[] inputs, Tensor[] outputs) {
        Tensor mask = inputs.length > 6 ? inputs[6] : null;
        AttentionProblem problem = new AttentionProblem(op.forward(), inputs[1], inputs[3], mask);
        for (Tensor output : outputs) {
            NativeMemory.ALL
                    .asSlice(Dense.address(output), output.spec().bytes())
                    .fill((byte) 0);
        }
        Gradients gradients =
                new Gradients(Dense.address(outputs[0]), Dense.address(outputs[1]), Dense.address(outputs[2]));
        try (Dense g = Dense.of(inputs[0]);
                HeadRows q = HeadRows.of(inputs[1]);
                HeadRows k = HeadRows.of(inputs[2]);
                HeadRows v = HeadRows.of(inputs[3]);
                Dense y = Dense.of(inputs[4]);
                Dense logSum = Dense.of(inputs[5])) {
            AttentionGrads grads = new AttentionGrads(problem, new Operands(q, k, v), gradients);
            Workers.forRange(problem.heads, 1, (from, to) -> {
                for (long head = from; head < to; head++) {
                    grads.head(head, g.address(), y.address(), logSum.address());
                }
            });
        }
    }

    private void head(long head, long g, long y, long logSum) {
        AttentionProblem p = problem;
        int rowsMost = Math.min(p.queries, AttentionProblem.QUERY_BLOCK);
        int columnsMost = Math.min(p.keys, AttentionProblem.KEY_BLOCK);
        long block = (long) rowsMost * columnsMost * p.bytes;
        try (Scratch scratch = Scratch.borrow(2 * block)) {
            for (int query = 0; query < p.queries; query += AttentionProblem.QUERY_BLOCK) {
                int rows = Math.min(AttentionProblem.QUERY_BLOCK, p.queries - query);
                int visible = p.visibleKeys(query + rows);
                for (int key = 0; key < visible; key += AttentionProblem.KEY_BLOCK) {
                    int columns = Math.min(AttentionProblem.KEY_BLOCK, visible - key);
                    long at = scratch.address();
                    block(head, query, rows, key, columns, g, y, logSum, at, at + block);
                }
            }
        }
    }

    private void block(
            long head,
            int query,
            int rows,
            int key,
            int columns,
            long g,
            long y,
            long logSum,
            long probabilities,
            long scoreGrads) {
        AttentionProblem p = problem;
        long queryRow = head * p.queries + query;
        long keyRow = head * p.keys + key;
        long queryAt = queryRow * p.width * p.bytes;
        long keyAt = keyRow * p.width * p.bytes;
        long valueAt = keyRow * p.valueWidth * p.bytes;
        long q = in.q.address(head) + (long) query * p.width * p.bytes;
        long k = in.k.address(head) + (long) key * p.width * p.bytes;
        long v = in.v.address(head) + (long) key * p.valueWidth * p.bytes;
        long gAt = g + queryRow * p.valueWidth * p.bytes;
        p.scores(head, query, rows, q, key, columns, k, probabilities);
        p.product(Product.PROBABILITY_GRADS, rows, columns, gAt, v, scoreGrads);
        for (int row = 0; row < rows; row++) {
            long offset = (long) row * p.valueWidth * p.bytes;
            double delta = kernel.dot(gAt + offset, y + queryRow * p.valueWidth * p.bytes + offset, p.valueWidth);
            long at = (long) row * columns * p.bytes;
            double shift = kernel.load(logSum + (queryRow + row) * p.bytes);
            // a row that sees nothing has no sum to divide by, and its exponentials are zero as they are
            kernel.expSum(probabilities + at, columns, shift == Double.NEGATIVE_INFINITY ? 0 : shift);
            kernel.scoreGrad(probabilities + at, scoreGrads + at, columns, delta, p.scale());
        }
        p.product(Product.VALUE_GRADS, rows, columns, probabilities, gAt, gradients.v + valueAt);
        p.product(Product.QUERY_GRADS, rows, columns, scoreGrads, k, gradients.q + queryAt);
        p.product(Product.KEY_GRADS, rows, columns, scoreGrads, q, gradients.k + keyAt);
    }
}
