package dev.lanewise.cuda.ops;

import dev.lanewise.tensor.Shape;

/**
 * A dense tensor seen as {@code [outer, n, inner]} with {@code n} elements along one dimension.
 *
 * @param outer the product of the sizes before
 * @param n the dimension's size
 * @param inner the product of the sizes after, which is the distance between neighbours along the dimension
 */
record Lines(long outer, long n, long inner) {
    static Lines of(Shape shape, int dim) {
        return new Lines(
                shape.slice(0, dim).elements(),
                shape.size(dim),
                shape.slice(dim + 1, shape.rank()).elements());
    }

    /** How many lines there are. */
    long count() {
        return outer * inner;
    }
}
