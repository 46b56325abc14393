package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;

/** How an operand is laid out in memory. */
public enum Layout {
    /** Dense and in row-major order. */
    CONTIGUOUS {
        @Override
        Tensor make(Shape shape, Function<Shape, Tensor> dense) {
            return dense.apply(shape);
        }
    },
    /** The dimensions in reverse order in memory. */
    TRANSPOSED {
        @Override
        Tensor make(Shape shape, Function<Shape, Tensor> dense) {
            int[] reverse = IntStream.range(0, shape.rank())
                    .map(d -> shape.rank() - 1 - d)
                    .toArray();
            long[] sizes = IntStream.of(reverse).mapToLong(shape::size).toArray();
            return dense.apply(Shape.of(sizes)).permute(reverse);
        }
    },
    /** Every second element of the last dimension, from the second one on. */
    STEPPED {
        @Override
        Tensor make(Shape shape, Function<Shape, Tensor> dense) {
            if (shape.rank() == 0) {
                return dense.apply(shape);
            }
            long size = shape.size(-1);
            return dense.apply(shape.with(-1, 2 * size + 1)).slice(-1, 1, 2 * size + 1, 2);
        }
    },
    /** Without the first column of a wider tensor: rows are dense, but start at odd addresses and have gaps. */
    OFFSET {
        @Override
        Tensor make(Shape shape, Function<Shape, Tensor> dense) {
            return shape.rank() == 0
                    ? dense.apply(shape)
                    : dense.apply(shape.with(-1, shape.size(-1) + 1)).narrow(-1, 1, shape.size(-1));
        }
    },
    /** One slice repeated along the first dimension with stride 0. */
    REPEATED_ROWS {
        @Override
        Tensor make(Shape shape, Function<Shape, Tensor> dense) {
            return shape.rank() == 0 || shape.isEmpty()
                    ? dense.apply(shape)
                    : dense.apply(shape.with(0, 1)).expand(shape);
        }
    },
    /** One element repeated along the last dimension with stride 0. */
    REPEATED_COLUMNS {
        @Override
        Tensor make(Shape shape, Function<Shape, Tensor> dense) {
            return shape.rank() == 0 || shape.isEmpty()
                    ? dense.apply(shape)
                    : dense.apply(shape.with(-1, 1)).expand(shape);
        }
    };

    /** A tensor of the given shape in this layout, made from a dense one of a shape that fits. */
    abstract Tensor make(Shape shape, Function<Shape, Tensor> dense);

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
