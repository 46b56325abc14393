package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.norm.AttentionProblem.Product;
import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Attention;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Runs {@link Attention} without the matrix of all scores: a block of queries meets one block of keys after the other,
 * and what it has so far is scaled whenever a larger score appears (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao
 * et al. 2022, arXiv:2205.14135).
 */
public final class Attentions {
    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle weigh = Apart.of(
            MethodHandles.lookup(),
            Attentions.class,
            "weigh",
            MethodType.methodType(
                    void.class, int.class, int.class, long.class, long.class, long.class, long.class, boolean.class));

    @SuppressWarnings("NonFinalStaticField") // likewise
    private static MethodHandle finish = Apart.of(
            MethodHandles.lookup(),
            Attentions.class,
            "finish",
            MethodType.methodType(void.class, int.class, long.class, long.class, long.class, long.class));

    private final AttentionProblem problem;
    private final AttentionKernel kernel;

    private Attentions(AttentionProblem problem) {
        this.problem = problem;
        this.kernel = problem.kernel;
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(Attention op, Tensor[] inputs, Tensor[] outputs) {
        Tensor mask = inputs.length > 3 ? inputs[3] : null;
        AttentionProblem p = new AttentionProblem(op, inputs[0], inputs[2], mask);
        long y = Dense.address(outputs[0]);
        long logSum = Dense.address(outputs[1]);
        try (HeadRows q = HeadRows.of(inputs[0]);
                HeadRows k = HeadRows.of(inputs[1]);
                HeadRows v = HeadRows.of(inputs[2])) {
            Attentions attention = new Attentions(p);
            int blocks = Math.ceilDiv(p.queries, AttentionProblem.QUERY_BLOCK);
            Workers.forRange(p.heads * blocks, 1, (from, to) -> {
                for (long i = from; i < to; i++) {
                    long head = i / blocks;
                    int query = (int) (i % blocks) * AttentionProblem.QUERY_BLOCK;
                    long row = head * p.queries + query;
                    attention.block(
                            head,
                            query,
                            q.address(head) + (long) query * p.width * p.bytes,
                            k.address(head),
                            v.address(head),
                            y + row * p.valueWidth * p.bytes,
                            logSum + row * p.bytes);
                }
            });
        }
    }

    private void block(long head, int query, long q, long k, long v, long y, long logSum) {
        int rows = Math.min(AttentionProblem.QUERY_BLOCK, problem.queries - query);
        int visible = problem.visibleKeys(query + rows);
        long statistics = 2L * rows * Double.BYTES;
        long most = (long) rows * Math.min(visible, AttentionProblem.KEY_BLOCK) * problem.bytes;
        try (Scratch scratch = Scratch.borrow(statistics + most)) {
            long max = scratch.address();
            long sum = max + (long) rows * Double.BYTES;
            long scores = max + statistics;
            for (int row = 0; row < rows; row++) {
                f64(max + (long) row * Double.BYTES, Double.NEGATIVE_INFINITY);
                f64(sum + (long) row * Double.BYTES, 0);
            }
            for (int key = 0; key < visible; key += AttentionProblem.KEY_BLOCK) {
                int columns = Math.min(AttentionProblem.KEY_BLOCK, visible - key);
                long keyBlock = k + (long) key * problem.width * problem.bytes;
                problem.scores(head, query, rows, q, key, columns, keyBlock, scores);
                weighApart(rows, columns, scores, max, sum, y, key == 0);
                problem.product(
                        key == 0 ? Product.FIRST_OUTPUT : Product.OUTPUT,
                        rows,
                        columns,
                        scores,
                        v + (long) key * problem.valueWidth * problem.bytes,
                        y);
            }
            finishApart(rows, max, sum, y, logSum);
        }
    }

    private void weighApart(int rows, int columns, long scores, long maxima, long sums, long y, boolean first) {
        try {
            weigh.invokeExact(this, rows, columns, scores, maxima, sums, y, first);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /**
     * Called {@linkplain Apart apart}. Turns scores into exponentials, and scales what earlier blocks gave where a row's
     * largest score grew.
     */
    void weigh(int rows, int columns, long scores, long maxima, long sums, long y, boolean first) {
        for (int row = 0; row < rows; row++) {
            long at = scores + (long) row * columns * problem.bytes;
            long maxAt = maxima + (long) row * Double.BYTES;
            long sumAt = sums + (long) row * Double.BYTES;
            double before = f64(maxAt);
            double max = Math.max(before, kernel.max(at, columns));
            // a row that sees nothing yet has no largest score to subtract
            double shift = max == Double.NEGATIVE_INFINITY ? 0 : max;
            double sum = kernel.expSum(at, columns, shift);
            double earlier = f64(sumAt);
            if (!first && max > before) {
                double correction = Math.exp(before - shift);
                kernel.scale(y + (long) row * problem.valueWidth * problem.bytes, problem.valueWidth, correction);
                earlier *= correction;
            }
            f64(sumAt, earlier + sum);
            f64(maxAt, max);
        }
    }

    private void finishApart(int rows, long maxima, long sums, long y, long logSum) {
        try {
            finish.invokeExact(this, rows, maxima, sums, y, logSum);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /** Called {@linkplain Apart apart}. Divides the sums of values by those of the exponentials. */
    void finish(int rows, long maxima, long sums, long y, long logSum) {
        for (int row = 0; row < rows; row++) {
            double total = f64(sums + (long) row * Double.BYTES);
            long at = y + (long) row * problem.valueWidth * problem.bytes;
            if (total == 0) {
                // sees nothing: not even what a product of hidden infinite values left
                NativeMemory.ALL
                        .asSlice(at, (long) problem.valueWidth * problem.bytes)
                        .fill((byte) 0);
            } else {
                kernel.scale(at, problem.valueWidth, 1 / total);
            }
            double logTotal = f64(maxima + (long) row * Double.BYTES) + Math.log(total);
            kernel.store(logSum + (long) row * problem.bytes, logTotal);
        }
    }
}
