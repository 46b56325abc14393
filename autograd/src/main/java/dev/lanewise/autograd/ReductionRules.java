package dev.lanewise.autograd;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Reduce;
import dev.lanewise.tensor.op.Scan;
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

    /** Shared evenly among equal extremes. */
    private static Tensor extreme(Context c, Reduce op) {
        Tensor x = c.x(0);
        int[] dims = op.dims().stream().mapToInt(d -> d).toArray();
        Tensor hit = x.eq(kept(c.y(0), op, x.shape())).to(x.dtype());
        return hit.div(hit.sum(dims, true)).mul(kept(c.g(), op, x.shape()));
    }

    /** For every element the product of the others, from running products of both sides: right also for zeros. */
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

    /** {@code sum of g y over the elements behind, by x}; where x has zeros, without dividing. */
    private static Tensor cumprod(Context c, Scan op) {
        Tensor x = c.x(0);
        if (x.eq(0).any().itemLong() == 0) {
            return c.g().mul(c.y(0)).apply(reversed(op)).div(x);
        }
        Tensor rows = x.transpose(op.dim(), -1);
        Tensor g = c.g().transpose(op.dim(), -1);
        if (op.reverse()) {
            return partials(rows.flip(-1), g.flip(-1)).flip(-1).transpose(op.dim(), -1);
        }
        return partials(rows, g).transpose(op.dim(), -1);
    }

    /** Running products with element i replaced by one, for every i: a matrix a row. */
    private static Tensor partials(Tensor rows, Tensor g) {
        long n = rows.shape().size(-1);
        Tensor diagonal = Tensor.eye(n, rows.dtype(), rows.device()).ne(0);
        Tensor without = diagonal.where(Tensor.full(1, rows.dtype(), rows.device()), rows.unsqueeze(-2));
        Tensor products = without.cumprod(-1).triu(0);
        return products.mul(g.unsqueeze(-2)).sum(-1);
    }
}
