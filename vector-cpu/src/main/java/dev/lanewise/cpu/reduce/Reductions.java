package dev.lanewise.cpu.reduce;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.memory.StridedCopy;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.OperandLayout;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.cpu.reduce.Layout.Axis;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.Reduce;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link Reduce}, planned for one layout of its operand. Work is cut into blocks by its size alone and partial results
 * combine in a fixed order, so any number of threads gives the same bits.
 */
public final class Reductions implements Kernel {
    /** Elements that are worth a task of their own. */
    private static final long GRAIN = 1 << 15;

    /** The rows of a block, whose elements are read in step: as many streams are fetched ahead. */
    private static final int STREAMS = 4;

    /** The number of blocks from which on they become larger. */
    private static final int FEWEST_BLOCKS = 128;

    /** Rows that one pass adds up column by column; more rows go in several passes whose results are added. */
    private static final long ROW_BLOCK = 256;

    private static final int COLUMN_BLOCK = 1024;

    private final ReduceKernel kernel;
    private final int bytes;
    private final int outputBytes;
    private final Layout layout;
    private final boolean isColumns;
    /** What brings the elements that combine side by side first; null where they are. */
    private final @Nullable Repacking repacking;

    /** Plans a reduction of an operand that is not empty. */
    Reductions(ReduceProblem problem) {
        DType type = problem.x().type();
        this.kernel = kernel(problem.op(), type, problem.result());
        this.bytes = type.bytes();
        this.outputBytes = problem.result().bytes();
        this.layout = Layout.of(problem.op(), problem.x());
        this.isColumns = !layout.isRows() && layout.isColumns() && kernel.hasColumns();
        this.repacking = layout.isRows() || isColumns ? null : Repacking.of(layout);
    }

    /** Runs the operation on any strided input into a dense output. */
    public static void run(Reduce op, Tensor[] inputs, Tensor[] outputs) {
        Tensor x = inputs[0];
        Plans.run(
                new ReduceProblem(op, OperandLayout.of(x), outputs[0].dtype()),
                Dense.address(x),
                0,
                0,
                Dense.address(outputs[0]));
    }

    @Override
    public void run(long x, long none, long nothing, long output) {
        if (repacking != null) {
            repacked(repacking, x, output);
        } else if (isColumns) {
            columns(x, output);
        } else {
            rows(x, output);
        }
    }

    private static ReduceKernel kernel(Reduce op, DType type, DType result) {
        boolean truth = op.kind() == Reduce.Kind.ANY || op.kind() == Reduce.Kind.ALL;
        return switch (type) {
            case F32 ->
                truth
                        ? new IntegerKernel(op.kind(), type, result)
                        : F32Kernel.valueOf(op.kind().name());
            case F64 ->
                truth
                        ? new IntegerKernel(op.kind(), type, result)
                        : F64Kernel.valueOf(op.kind().name());
            case I8, U8, I32, I64, BOOL -> new IntegerKernel(op.kind(), type, result);
            case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
        };
    }

    /** Writes the results of combining nothing. */
    static void fill(Reduce op, DType result, long output, long n) {
        double value = switch (op.kind()) {
            case SUM, ANY -> 0;
            case PROD, ALL -> 1;
            case MEAN -> Double.NaN;
            case AMAX, AMIN -> throw new AssertionError("the operation refuses empty dimensions");
        };
        for (long i = 0; i < n; i++) {
            long at = output + i * result.bytes();
            switch (result) {
                case F32 -> Access.f32(at, (float) value);
                case F64 -> Access.f64(at, value);
                case I8, U8, I32, I64, BOOL -> Access.integer(result, at, (long) value);
                case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
            }
        }
    }

    /**
     * How elements that combine are brought side by side.
     *
     * @param sizes of the dimensions, those that stay first
     * @param strides in the operand
     * @param dense strides in the copy
     * @param kept the dimensions that stay, in the copy
     * @param n the elements that combine
     */
    private record Repacking(long[] sizes, long[] strides, long[] dense, List<Axis> kept, long n) {
        static Repacking of(Layout layout) {
            List<Axis> axes = Stream.concat(layout.kept().stream(), layout.reduced().stream())
                    .toList();
            long[] sizes = axes.stream().mapToLong(Axis::size).toArray();
            long[] strides = axes.stream().mapToLong(Axis::input).toArray();
            long[] dense = Shape.of(sizes).rowMajorStrides();
            Axis[] kept = layout.kept().toArray(Axis[]::new);
            for (int d = 0; d < kept.length; d++) {
                kept[d] = new Axis(kept[d].size(), dense[d], kept[d].output(), false);
            }
            return new Repacking(sizes, strides, dense, List.of(kept), Layout.elements(layout.reduced()));
        }
    }

    private void repacked(Repacking packing, long x, long output) {
        try (Scratch copy = Scratch.borrow(Layout.elements(packing.kept) * packing.n * bytes)) {
            StridedCopy.run(bytes, packing.sizes, x, packing.strides, copy.address(), packing.dense);
            rows(packing.kept, 1, 0, packing.n, copy.address(), output);
        }
    }

    private void rows(long x, long output) {
        Axis last = layout.last();
        long n = last == null ? 1 : last.size();
        boolean outer = layout.reduced().size() > 1;
        long rows = outer ? layout.reduced().get(0).size() : 1;
        long stride = outer ? layout.reduced().get(0).input() * bytes : 0;
        rows(layout.kept(), rows, stride, n, x, output);
    }

    private void rows(List<Axis> kept, long rows, long stride, long n, long x, long output) {
        long results = Layout.elements(kept);
        long work = rows * n;
        if (work <= 2 * GRAIN || results >= 64) {
            Workers.forRange(results, Math.max(1, GRAIN / work), (from, to) -> {
                try (Scratch partial = Scratch.borrow(Double.BYTES)) {
                    for (long i = from; i < to; i++) {
                        kernel.rows(x + input(kept, i), rows, stride, n, partial.address());
                        kernel.finish(partial.address(), work, output + output(kept, i));
                    }
                }
            });
        } else {
            for (long i = 0; i < results; i++) {
                inBlocks(x + input(kept, i), rows, stride, n, output + output(kept, i));
            }
        }
    }

    /** One result of many elements. A long row is read as {@link #STREAMS} rows side by side. */
    private void inBlocks(long x, long rows, long stride, long n, long result) {
        boolean one = rows == 1 && n > GRAIN;
        long size = one ? n / STREAMS : n;
        Blocks blocks = Blocks.of(one ? STREAMS : rows, one ? size * bytes : stride, size);
        long rest = one ? n % STREAMS : 0;
        try (Scratch partials = Scratch.borrow((blocks.count() + 1) * Double.BYTES)) {
            long partial = partials.address();
            Workers.forRange(blocks.count(), 1, (from, to) -> {
                for (long block = from; block < to; block++) {
                    kernel.rows(
                            x + blocks.offset(block, bytes),
                            blocks.rows(block),
                            blocks.stride,
                            blocks.columns(block),
                            partial + block * Double.BYTES);
                }
            });
            if (rest > 0) {
                kernel.rows(x + (n - rest) * bytes, 1, 0, rest, partial + blocks.count() * Double.BYTES);
            }
            kernel.combine(partial, blocks.count() + (rest > 0 ? 1 : 0));
            kernel.finish(partial, rows * n, result);
        }
    }

    /**
     * Rows cut into blocks of whole rows, or of parts of {@link #STREAMS} rows where rows are long.
     *
     * @param rows how many rows
     * @param stride their distance in bytes
     * @param n the elements of a row
     * @param group the rows of a block
     * @param part the elements of a block's rows
     */
    private record Blocks(long rows, long stride, long n, long group, long part) {
        static Blocks of(long rows, long stride, long n) {
            long grain = Math.clamp(rows * n / FEWEST_BLOCKS, GRAIN, 4 * GRAIN);
            return new Blocks(rows, stride, n, Math.max(STREAMS, grain / n), Math.min(n, grain / STREAMS));
        }

        long count() {
            return Math.ceilDiv(rows, group) * parts();
        }

        private long parts() {
            return Math.ceilDiv(n, part);
        }

        long offset(long block, int bytes) {
            return block / parts() * group * stride + block % parts() * part * bytes;
        }

        long rows(long block) {
            return Math.min(group, rows - block / parts() * group);
        }

        long columns(long block) {
            return Math.min(part, n - block % parts() * part);
        }
    }

    private void columns(long x, long output) {
        Axis inner = layout.kept().get(layout.kept().size() - 1);
        List<Axis> outer = layout.kept().subList(0, layout.kept().size() - 1);
        boolean any = !layout.reduced().isEmpty();
        long rows = any ? layout.reduced().get(0).size() : 1;
        long stride = any ? layout.reduced().get(0).input() * bytes : 0;
        long rowBlocks = Math.ceilDiv(rows, ROW_BLOCK);
        long columnBlocks = Math.ceilDiv(inner.size(), (long) COLUMN_BLOCK);
        long rowBytes = inner.size() * kernel.columnBytes();
        long grain = Math.max(1, GRAIN / (Math.min(rows, ROW_BLOCK) * Math.min(inner.size(), COLUMN_BLOCK)));
        for (long i = 0, results = Layout.elements(outer); i < results; i++) {
            long from = x + input(outer, i);
            try (Scratch partials = Scratch.borrow(rowBlocks * rowBytes)) {
                long partial = partials.address();
                Workers.forRange(rowBlocks * columnBlocks, grain, (begin, end) -> {
                    for (long block = begin; block < end; block++) {
                        long row = block / columnBlocks * ROW_BLOCK;
                        long column = block % columnBlocks * COLUMN_BLOCK;
                        kernel.columns(
                                from + row * stride + column * bytes,
                                Math.min(ROW_BLOCK, rows - row),
                                stride,
                                (int) Math.min(COLUMN_BLOCK, inner.size() - column),
                                partial + block / columnBlocks * rowBytes + column * kernel.columnBytes());
                    }
                });
                combineColumns(partial, rowBlocks, inner, rows, output + output(outer, i));
            }
        }
    }

    private void combineColumns(long partial, long rowBlocks, Axis inner, long rows, long result) {
        long rowBytes = inner.size() * kernel.columnBytes();
        for (long column = 0; column < inner.size(); column += COLUMN_BLOCK) {
            int n = (int) Math.min(COLUMN_BLOCK, inner.size() - column);
            long at = partial + column * kernel.columnBytes();
            try (Scratch total = Scratch.borrow((long) COLUMN_BLOCK * kernel.columnBytes())) {
                kernel.combineColumns(at, rowBlocks, rowBytes, n, total.address());
                kernel.finishColumns(total.address(), n, rows);
                StridedCopy.run(
                        outputBytes,
                        new long[] {n},
                        total.address(),
                        new long[] {1},
                        result + column * inner.output() * outputBytes,
                        new long[] {inner.output()});
            }
        }
    }

    private long input(List<Axis> axes, long index) {
        long offset = 0;
        for (int d = axes.size() - 1; d >= 0; d--) {
            offset += index % axes.get(d).size() * axes.get(d).input();
            index /= axes.get(d).size();
        }
        return offset * bytes;
    }

    private long output(List<Axis> axes, long index) {
        long offset = 0;
        for (int d = axes.size() - 1; d >= 0; d--) {
            offset += index % axes.get(d).size() * axes.get(d).output();
            index /= axes.get(d).size();
        }
        return offset * outputBytes;
    }
}
