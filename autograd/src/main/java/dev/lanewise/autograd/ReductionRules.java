package dev.lanewise.autograd;

import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import java.util.stream.IntStream;

/** The gradient rules of reductions and scans. */
final class ReductionRules {
    private ReductionRules() {}

    static Rule of(Reduce op) {
        return switch (op.kind()) {
            case SUM -> new Rule(0, 0, (c, i) -> spread(c.g(), op, c.shape(0)));
            case MEAN -> new Rule(0, 0, (c, i) -> spread(c.g().div(count(op, c.shape(0))), op, c.shape(0)));
            case PROD -> Rule.input((g, x) -> spread(g, op, x.shape()).mul(productsOfOthers(x, op)));
            case AMAX, AMIN -> new Rule(1, 1, (c, i) -> extreme(c, op));
            case ANY, ALL -> Rule.NONE;
        };
    }

    /** A reduced tensor as a view of the shape before the reduction. */
    private static Tensor spread(Tensor reduced, Reduce op, Shape shape) {
        return kept(reduced, op, shape).expand(shape);
    }

    private static Tensor kept(Tensor reduced, Reduce op, Shape shape) {
        Shape ones = shape;
        for (int dim : op.dims()) {
            ones = ones.with(dim, 1);
        }
        return reduced.reshape(ones);
    }

    private static double count(Reduce op, Shape shape) {
        double n = 1;
        for (int dim : op.dims()) {
            n *= shape.size(dim);
        }
        return n;
    }

    /** The gradient, shared evenly among equal extremes. */
    private static Tensor extreme(Context c, Reduce op) {
        Tensor x = c.x(0);
        int[] dims = op.dims().stream().mapToInt(d -> d).toArray();
        Tensor hit = x.eq(kept(c.y(0), op, x.shape())).to(x.dtype());
        return hit.div(hit.sum(dims, Keep.KEEP)).mul(kept(c.g(), op, x.shape()));
    }

    /** For every element, the product of the others, from running products on both sides: correct for zeros too. */
    private static Tensor productsOfOthers(Tensor x, Reduce op) {
        int rank = x.shape().rank();
        int[] order = IntStream.concat(
                        IntStream.range(0, rank).filter(d -> !op.dims().contains(d)),
                        op.dims().stream().mapToInt(d -> d))
                .toArray();
        int[] back = new int[rank];
        for (int i = 0; i < rank; i++) {
            back[order[i]] = i;
        }
        Tensor moved = x.permute(order);
        Tensor rows = moved.reshape(rows(moved.shape(), op.dims().size()));
        long n = rows.shape().size(-1);
        if (n == 0) {
            return x;
        }
        Tensor one = rows.narrow(-1, 0, 1).onesLike();
        Tensor before = Tensor.cat(-1, one, rows.narrow(-1, 0, n - 1)).cumprod(-1);
        Tensor after = Tensor.cat(-1, rows.narrow(-1, 1, n - 1), one)
                .apply(new Scan(Scan.Kind.CUMPROD, rows.shape().rank() - 1, true));
        return before.mul(after).reshape(moved.shape()).permute(back);
    }

    private static Shape rows(Shape shape, int last) {
        int leading = shape.rank() - last;
        Shape flat = Shape.of(shape.slice(leading, shape.rank()).elements());
        return shape.slice(0, leading).concat(flat);
    }

    static Rule of(Scan op) {
        return switch (op.kind()) {
            case CUMSUM -> Rule.plain(g -> g.apply(reversed(op)));
            case CUMPROD -> new Rule(1, 1, (c, i) -> cumprod(c, op));
        };
    }

    private static Scan reversed(Scan op) {
        return new Scan(Scan.Kind.CUMSUM, op.dim(), !op.reverse());
    }

    /**
     * {@code sum of g y over the elements from here on, divided by x}; where x has zeros, computed without dividing.
     */
    private static Tensor cumprod(Context c, Scan op) {
        Tensor x = c.x(0);
        if (x.eq(0).any().itemLong() == 0) {
            return c.g().mul(c.y(0)).apply(reversed(op)).div(x);
        }
        Tensor rows = x.transpose(op.dim(), -1);
        Tensor g = c.g().transpose(op.dim(), -1);
        if (op.reverse()) {
            return cumprod(rows.flip(-1), g.flip(-1)).flip(-1).transpose(op.dim(), -1);
        }
        return cumprod(rows, g).transpose(op.dim(), -1);
    }

    /**
     * For element i the product of those before it, times {@code s_i = g_i + x_(i+1) s_(i+1)}, which sums the gradients
     * after it, each times the factors in between.
     */
    private static Tensor cumprod(Tensor x, Tensor g) {
        long n = x.shape().size(-1);
        Tensor one = x.narrow(-1, 0, 1).onesLike();
        Tensor before = Tensor.cat(-1, one, x.narrow(-1, 0, n - 1)).cumprod(-1);
        return before.mul(recurrence(x.narrow(-1, 1, n - 1), g));
    }

    /**
     * The s with {@code s_i = b_i + a_i s_(i+1)}, ending with the last b, with one factor fewer than addends: first
     * those of even i, from pairs of steps taken as one, then the others. Time and memory are linear in the size.
     */
    private static Tensor recurrence(Tensor a, Tensor b) {
        long n = b.shape().size(-1);
        if (n == 1) {
            return b;
        }
        Tensor aEven = every2nd(a, 0);
        Tensor aOdd = every2nd(a, 1);
        Tensor bEven = every2nd(b, 0);
        Tensor bOdd = every2nd(b, 1);
        long pairs = n / 2;
        Tensor addend = bEven.narrow(-1, 0, pairs).add(aEven.mul(bOdd));
        if (n % 2 == 1) {
            addend = Tensor.cat(-1, addend, bEven.narrow(-1, pairs, 1));
        }
        long links = addend.shape().size(-1) - 1;
        Tensor even = recurrence(aEven.narrow(-1, 0, links).mul(aOdd.narrow(-1, 0, links)), addend);
        Tensor odd = bOdd.narrow(-1, 0, links).add(aOdd.narrow(-1, 0, links).mul(even.narrow(-1, 1, links)));
        if (n % 2 == 0) {
            odd = Tensor.cat(-1, odd, bOdd.narrow(-1, links, 1));
        }
        return interleaved(even, odd);
    }

    private static Tensor every2nd(Tensor x, long start) {
        return x.slice(-1, start, x.shape().size(-1), 2);
    }

    private static Tensor interleaved(Tensor even, Tensor odd) {
        long n = odd.shape().size(-1);
        Tensor pairs = Tensor.stack(-1, even.narrow(-1, 0, n), odd).flatten(-2, -1);
        return even.shape().size(-1) > n ? Tensor.cat(-1, pairs, even.narrow(-1, n, 1)) : pairs;
    }
}
