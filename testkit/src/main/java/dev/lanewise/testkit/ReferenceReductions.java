package dev.lanewise.testkit;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Reductions, scans and sorting. */
final class ReferenceReductions {
    private ReferenceReductions() {}

    static void reduce(Reduce op, Elements x, Elements out) {
        Shape reduced = Shape.of(op.dims().stream().mapToLong(x.shape()::size).toArray());
        Shape kept = kept(x.shape(), op.dims());
        for (long o = 0; o < kept.elements(); o++) {
            long[] outer = Elements.index(kept, o);
            long[] target = out.index(o);
            double real = start(op.kind());
            long integer = (long) real;
            for (long r = 0; r < reduced.elements(); r++) {
                long[] at = merge(op.dims(), outer, Elements.index(reduced, r));
                if (x.dtype().isFloating()) {
                    real = combine(op.kind(), real, x.real(at));
                } else {
                    integer = combine(op.kind(), integer, x.integer(at), r == 0);
                }
            }
            if (x.dtype().isFloating()) {
                out.set(op.kind() == Reduce.Kind.MEAN ? real / reduced.elements() : real, target);
            } else {
                out.set(integer, target);
            }
        }
    }

    private static double start(Reduce.Kind kind) {
        return switch (kind) {
            case SUM, MEAN, ANY -> 0;
            case PROD, ALL -> 1;
            case AMAX -> Double.NEGATIVE_INFINITY;
            case AMIN -> Double.POSITIVE_INFINITY;
        };
    }

    private static double combine(Reduce.Kind kind, double a, double x) {
        return switch (kind) {
            case SUM, MEAN -> a + x;
            case PROD -> a * x;
            case AMAX -> Math.max(a, x);
            case AMIN -> Math.min(a, x);
            case ANY -> a != 0 || x != 0 ? 1 : 0;
            case ALL -> a != 0 && x != 0 ? 1 : 0;
        };
    }

    private static long combine(Reduce.Kind kind, long a, long x, boolean first) {
        return switch (kind) {
            case SUM, MEAN -> a + x;
            case PROD -> a * x;
            case AMAX -> first ? x : Math.max(a, x);
            case AMIN -> first ? x : Math.min(a, x);
            case ANY -> a != 0 || x != 0 ? 1 : 0;
            case ALL -> a != 0 && x != 0 ? 1 : 0;
        };
    }

    static void argReduce(ArgReduce op, Elements x, Elements out) {
        Comparator<long[]> order = order(x, op.kind() == ArgReduce.Kind.ARGMAX);
        Shape kept = kept(x.shape(), List.of(op.dim()));
        for (long o = 0; o < kept.elements(); o++) {
            long[] outer = Elements.index(kept, o);
            long best = 0;
            for (long i = 1; i < x.shape().size(op.dim()); i++) {
                if (order.compare(line(op.dim(), outer, i), line(op.dim(), outer, best)) < 0) {
                    best = i;
                }
            }
            out.set(best, out.index(o));
        }
    }

    /**
     * The order in which elements win or are sorted. NaN is the largest number for sorting; as an extreme it wins in both
     * directions.
     */
    private static Comparator<long[]> order(Elements x, boolean largestFirst) {
        if (!x.dtype().isFloating()) {
            return (a, b) ->
                    largestFirst ? Long.compare(x.integer(b), x.integer(a)) : Long.compare(x.integer(a), x.integer(b));
        }
        return (a, b) -> {
            double u = x.real(a);
            double v = x.real(b);
            if (Double.isNaN(u) || Double.isNaN(v)) {
                return Boolean.compare(Double.isNaN(v), Double.isNaN(u));
            }
            // zeros of both signs are equal, which Double.compare denies
            return u == v ? 0 : (u > v) == largestFirst ? -1 : 1;
        };
    }

    static void scan(Scan op, Elements x, Elements out) {
        Shape kept = kept(x.shape(), List.of(op.dim()));
        long size = x.shape().size(op.dim());
        for (long o = 0; o < kept.elements(); o++) {
            long[] outer = Elements.index(kept, o);
            double real = op.kind() == Scan.Kind.CUMSUM ? 0 : 1;
            long integer = (long) real;
            for (long i = 0; i < size; i++) {
                long[] at = line(op.dim(), outer, op.reverse() ? size - 1 - i : i);
                if (x.dtype().isFloating()) {
                    real = op.kind() == Scan.Kind.CUMSUM ? real + x.real(at) : real * x.real(at);
                    out.set(real, at);
                } else {
                    integer = op.kind() == Scan.Kind.CUMSUM ? integer + x.integer(at) : integer * x.integer(at);
                    out.set(integer, at);
                }
            }
        }
    }

    static void sort(Sort op, Elements x, Elements values, Elements positions) {
        Comparator<long[]> order = order(x, op.descending());
        if (!op.descending() && x.dtype().isFloating()) {
            Comparator<long[]> numbers = order;
            order = Comparator.<long[]>comparingInt(at -> Double.isNaN(x.real(at)) ? 1 : 0)
                    .thenComparing(numbers);
        }
        Shape kept = kept(x.shape(), List.of(op.dim()));
        for (long o = 0; o < kept.elements(); o++) {
            long[] outer = Elements.index(kept, o);
            List<long[]> sorted = IntStream.range(0, Math.toIntExact(x.shape().size(op.dim())))
                    .mapToObj(i -> line(op.dim(), outer, i))
                    .sorted(order)
                    .toList();
            for (int i = 0; i < sorted.size(); i++) {
                long[] at = line(op.dim(), outer, i);
                values.copy(x, sorted.get(i), at);
                positions.set(sorted.get(i)[op.dim()], at);
            }
        }
    }

    private static Shape kept(Shape shape, List<Integer> dims) {
        return Shape.of(IntStream.range(0, shape.rank())
                .filter(d -> !dims.contains(d))
                .mapToLong(shape::size)
                .toArray());
    }

    /** Coordinates whose given dimensions come from {@code inner}, all others from {@code outer}. */
    private static long[] merge(List<Integer> dims, long[] outer, long[] inner) {
        long[] index = new long[outer.length + inner.length];
        int o = 0;
        int i = 0;
        for (int d = 0; d < index.length; d++) {
            index[d] = dims.contains(d) ? inner[i++] : outer[o++];
        }
        return index;
    }

    private static long[] line(int dim, long[] outer, long position) {
        return merge(List.of(dim), outer, new long[] {position});
    }
}
