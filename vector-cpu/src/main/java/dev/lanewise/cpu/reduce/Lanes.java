package dev.lanewise.cpu.reduce;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Shape;

/**
 * The runs of elements along one dimension of a dense tensor.
 *
 * @param count how many runs there are
 * @param size the elements of each
 * @param inner the product of the sizes after the dimension: the distance of a run's elements
 */
record Lanes(long count, long size, long inner) {
    private static final long GRAIN = 1 << 14;

    /** Does something to one run. */
    interface Body {
        /**
         * Handles a run.
         *
         * @param number the run's number, in row-major order of the other dimensions
         * @param first the position of its first element in the tensor
         */
        void run(long number, long first);
    }

    static Lanes of(Shape shape, int dim) {
        long size = shape.size(dim);
        long inner = shape.slice(dim + 1, shape.rank()).elements();
        return new Lanes(shape.slice(0, dim).elements() * inner, size, inner);
    }

    void forEach(Body body) {
        Workers.forRange(count, Math.max(1, GRAIN / Math.max(1, size)), (from, to) -> {
            for (long lane = from; lane < to; lane++) {
                body.run(lane, lane / inner * size * inner + lane % inner);
            }
        });
    }
}
