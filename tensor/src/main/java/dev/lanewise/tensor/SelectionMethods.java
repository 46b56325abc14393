package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.op.Scatter;
import java.util.List;

/**
 * Picking, placing and counting elements of a {@link Tensor} by masks, index tensors and values. Where the result's size
 * depends on values, the method waits for the device.
 */
public sealed interface SelectionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /** The coordinates of the elements that are not 0, in row-major order: {@code [n, rank]} of {@link DType#I64}. */
    default Tensor nonzero() {
        Shape shape = self().shape();
        Tensor flat = Positions.of(self());
        if (shape.rank() == 0) {
            return Tensor.full(0, DType.I64, self().device(), flat.shape().size(0), 0);
        }
        long[] strides = shape.rowMajorStrides();
        Tensor[] coordinates = new Tensor[strides.length];
        for (int d = 0; d < strides.length; d++) {
            coordinates[d] = flat.floorDiv(strides[d]).remainder(Math.max(shape.size(d), 1));
        }
        return Tensor.stack(1, coordinates);
    }

    /** The elements where a {@link DType#BOOL} mask, which broadcasts, holds: {@code [n]} in row-major order. */
    default Tensor maskedSelect(Tensor mask) {
        Shape shape = Shape.broadcast("masked_select", self().shape(), mask.shape());
        Tensor positions = Positions.of(Positions.mask("masked_select", mask).expand(shape));
        return self().expand(shape).flatten().indexSelect(0, positions);
    }

    /**
     * A copy whose elements where a {@link DType#BOOL} mask, which broadcasts, holds are replaced, in row-major order, by
     * the first ones of another tensor.
     *
     * @throws TensorException if that has too few elements
     */
    default Tensor maskedScatter(Tensor mask, Tensor source) {
        Tensor positions = Positions.of(Positions.mask("masked_scatter", mask).expand(self().shape()));
        long count = positions.shape().size(0);
        if (source.shape().elements() < count) {
            throw new TensorException("masked_scatter: source " + source.spec() + " for a mask that holds " + count
                    + " times (expected as many elements or more); check the mask");
        }
        Tensor elements = source.flatten().narrow(0, 0, count);
        return self().flatten()
                .scatter(Scatter.Kind.SET, 0, positions, elements)
                .reshape(self().shape());
    }

    /**
     * The elements (or, with fewer index tensors than dimensions, slices) at coordinates: for {@code x[i, j]} in NumPy's
     * terms. Negative positions count from the end.
     *
     * @param index {@link DType#I64} positions in the first dimensions; they broadcast, and their shape is the result's,
     *     followed by the dimensions without an index
     */
    default Tensor index(Tensor... index) {
        Positions.Grid grid = Positions.grid("index", self().shape(), index);
        return self().reshape(grid.merged(self().shape())).indexSelect(0, grid.positions());
    }

    /**
     * A copy with elements (or slices) at coordinates replaced, or added to. For a position that occurs more than once
     * the last element counts.
     *
     * @param index as for {@link #index}
     * @param values broadcast to what {@link #index} would give
     * @param accumulate whether they are added
     */
    default Tensor indexPut(List<Tensor> index, Tensor values, boolean accumulate) {
        Positions.Grid grid = Positions.grid("index_put", self().shape(), index.toArray(Tensor[]::new));
        Shape merged = grid.merged(self().shape());
        Shape rest = merged.slice(1, merged.rank());
        long count = grid.positions().shape().elements();
        Tensor placed = values.expand(grid.positions().shape().concat(rest)).reshape(Shape.of(count, rest.elements()));
        Tensor rows = grid.positions().reshape(count, 1).expand(count, rest.elements());
        Scatter.Kind kind = accumulate ? Scatter.Kind.ADD : Scatter.Kind.SET;
        return self().reshape(Shape.of(merged.size(0), rest.elements()))
                .scatter(kind, 0, rows, placed)
                .reshape(self().shape());
    }

    /**
     * A copy with elements of another tensor combined in; see {@link Scatter}.
     *
     * @param includeSelf whether the elements that are there take part; otherwise they count only where nothing comes
     */
    default Tensor scatterReduce(Scatter.Kind kind, int dim, Tensor index, Tensor source, boolean includeSelf) {
        if (includeSelf || kind == Scatter.Kind.SET) {
            return self().scatter(kind, dim, index, source);
        }
        Tensor neutral = Tensor.full(Positions.neutral(kind, self().dtype()), self().dtype(), self().device())
                .expand(index.shape());
        return self().scatter(Scatter.Kind.SET, dim, index, neutral).scatter(kind, dim, index, source);
    }

    /**
     * The distinct elements of a tensor.
     *
     * @param values ascending, {@code [k]}
     * @param inverse for each element its value's position, of the tensor's shape
     * @param counts how often each value occurs, {@code [k]}
     */
    record Unique(Tensor values, Tensor inverse, Tensor counts) {}

    /** The distinct elements, ascending. */
    default Unique unique() {
        Tensor flat = self().flatten();
        long n = flat.shape().size(0);
        ReductionMethods.Indexed sorted = flat.sort(0, false);
        Tensor first = Tensor.full(1, DType.BOOL, self().device(), Math.min(n, 1));
        if (n > 1) {
            Tensor changes =
                    sorted.values().narrow(0, 1, n - 1).ne(sorted.values().narrow(0, 0, n - 1));
            first = Tensor.cat(0, first, changes);
        }
        Tensor values = sorted.values().maskedSelect(first);
        Tensor ranks = first.to(DType.I64).cumsum(0).sub(1);
        Tensor inverse = ranks.zerosLike().scatter(Scatter.Kind.SET, 0, sorted.indices(), ranks);
        return new Unique(
                values,
                inverse.reshape(self().shape()),
                inverse.bincount(values.shape().size(0)));
    }

    /**
     * How often each of the numbers 0, 1, 2, … occurs in this {@link DType#I64} tensor.
     *
     * @param least the least size of the result, {@code [max(least, largest + 1)]}
     */
    default Tensor bincount(long least) {
        Tensor flat = self().flatten();
        long largest = flat.shape().isEmpty() ? -1 : flat.amax().itemLong();
        return Tensor.full(0, DType.I64, self().device(), Math.max(least, largest + 1))
                .scatterAdd(0, flat, flat.onesLike());
    }

    /**
     * Counts of elements in intervals.
     *
     * @param counts {@code [bins]} of {@link DType#I64}
     * @param edges {@code [bins + 1]} of the tensor's type
     */
    record Histogram(Tensor counts, Tensor edges) {}

    /**
     * How many elements lie in each of equally wide intervals; the last one includes its upper edge, and elements outside
     * count nowhere.
     */
    default Histogram histogram(long bins, double least, double most) {
        if (bins < 1 || !(least < most)) {
            throw new TensorException("histogram: " + bins + " bins from " + least + " to " + most
                    + " (expected one or more, and a lower edge below the upper); check the arguments");
        }
        Tensor flat = self().flatten();
        Tensor inside = flat.ge(least).and(flat.le(most));
        Tensor bin = flat.sub(least).mul(bins / (most - least)).floor().clamp(0, bins - 1);
        Tensor place = inside.where(bin, bin.zerosLike()).to(DType.I64);
        Tensor counts = Tensor.full(0, DType.I64, self().device(), bins).scatterAdd(0, place, inside.to(DType.I64));
        Tensor edges = Tensor.arange(bins + 1, self().dtype(), self().device())
                .mul((most - least) / bins)
                .add(least);
        return new Histogram(counts, edges);
    }
}
