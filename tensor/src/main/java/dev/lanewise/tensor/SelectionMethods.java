package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.index.Scatter;
import java.util.List;
import java.util.Objects;

/**
 * Picks, places and counts elements of a {@link Tensor} by masks, index tensors and values. Where the result's size
 * depends on values, the method waits for the device.
 */
public sealed interface SelectionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the coordinates of the elements that are not 0, in row-major order: {@code [n, rank]} of {@link DType#I64}}
     */
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

    /**
     * {@return the elements where a {@link DType#BOOL} mask is true: {@code [n]} in row-major order} The mask
     * broadcasts.
     *
     * @param mask of {@link DType#BOOL}; it broadcasts
     * @throws TensorException if the mask is not BOOL or does not broadcast
     */
    default Tensor maskedSelect(Tensor mask) {
        Shape shape = Shape.broadcast("masked_select", self().shape(), mask.shape());
        Tensor positions = Positions.of(Positions.mask("masked_select", mask).expand(shape));
        return self().expand(shape).flatten().indexSelect(0, positions);
    }

    /**
     * {@return a copy in which the elements where a {@link DType#BOOL} mask is true are replaced, in row-major order,
     * by the first elements of another tensor} The mask broadcasts.
     *
     * @param mask of {@link DType#BOOL}; it broadcasts
     * @param source at least as many elements as the mask has true ones, of this tensor's type
     * @throws TensorException if the other tensor has too few elements
     */
    default Tensor maskedScatter(Tensor mask, Tensor source) {
        Tensor positions = Positions.of(Positions.mask("masked_scatter", mask).expand(self().shape()));
        long count = positions.shape().size(0);
        if (source.shape().elements() < count) {
            throw new TensorException("masked_scatter: source " + source.spec() + " for a mask that holds " + count
                    + " times (expected as many elements or more); check the mask");
        }
        Tensor elements = source.flatten().narrow(0, 0, count);
        return self().flatten().scatter(0, positions, elements).reshape(self().shape());
    }

    /**
     * {@return the elements (or, with fewer index tensors than dimensions, slices) at coordinates: for {@code x[i, j]} in
     * NumPy's terms} Negative positions count from the end.
     *
     * @param index {@link DType#I64} or {@link DType#I32} positions in the first dimensions; they broadcast, and their shape is the result's,
     *     followed by the dimensions without an index
     * @throws TensorException if there are more index tensors than dimensions, their shapes do not broadcast, or a
     *     position is outside
     */
    default Tensor index(Tensor... index) {
        Positions.Grid grid = Positions.grid("index", self().shape(), index);
        return self().reshape(grid.merged(self().shape())).indexSelect(0, grid.positions());
    }

    /**
     * {@return a copy with elements (or slices) at coordinates replaced, or added to} Where a position occurs more than
     * once, the last element is kept.
     *
     * @param index as for {@link #index}
     * @param values broadcast to what {@link #index} would give
     * @param accumulate whether values are added rather than replacing elements
     * @throws TensorException if positions are outside, or shapes or types do not fit
     */
    default Tensor indexPut(List<Tensor> index, Tensor values, boolean accumulate) {
        Positions.Grid grid = Positions.grid("index_put", self().shape(), index.toArray(Tensor[]::new));
        Shape merged = grid.merged(self().shape());
        Shape rest = merged.slice(1, merged.rank());
        long count = grid.positions().shape().elements();
        Tensor placed = values.expand(grid.positions().shape().concat(rest)).reshape(Shape.of(count, rest.elements()));
        Tensor rows = grid.positions().reshape(count, 1).expand(count, rest.elements());
        Scatter.Kind kind = accumulate ? Scatter.Kind.ADD : Scatter.Kind.SET;
        Tensor base = self().reshape(Shape.of(merged.size(0), rest.elements()));
        return Positions.scatter(kind, base, 0, rows, placed).reshape(self().shape());
    }

    /**
     * {@return a copy with elements of another tensor combined in at given positions of one dimension: for a matrix, {@code
     * dim} 0 and sums {@code out[index[i][j]][j] += source[i][j]}}
     *
     * @param how how elements are combined
     * @param dim the dimension; negative numbers count from the end
     * @param index positions from 0, of {@link DType#I64} or {@link DType#I32} and of this tensor's rank; its sizes in the
     *     other dimensions are at most this tensor's
     * @param source the elements, of this tensor's type and of the shape of {@code index}
     * @param includeSelf whether the elements of this tensor take part; otherwise they are kept only where no element
     *     of the source is placed
     * @throws TensorException if a position is outside the dimension, or shapes or types do not fit
     */
    default Tensor scatterReduce(ScatterReduction how, int dim, Tensor index, Tensor source, boolean includeSelf) {
        Tensor base = includeSelf ? self() : scatterAll(dim, index, Positions.neutral(how.kind(), self().dtype()));
        Tensor combined = Positions.scatter(how.kind(), base, dim, index, source);
        if (how != ScatterReduction.MEAN) {
            return combined;
        }
        Tensor came = Tensor.full(
                        includeSelf ? 1 : 0,
                        DType.I64,
                        self().device(),
                        self().shape().toArray())
                .scatterAdd(
                        dim,
                        index,
                        Positions.wide("scatter_reduce", "positions", index).onesLike());
        Tensor count = came.clamp(1, Long.MAX_VALUE).to(self().dtype());
        return self().dtype().isFloating() ? combined.div(count) : combined.floorDiv(count);
    }

    private Tensor scatterAll(int dim, Tensor index, Number value) {
        Tensor same = Tensor.full(value, self().dtype(), self().device()).expand(index.shape());
        return self().scatter(dim, index, same);
    }

    /**
     * The distinct elements, or slices, of a tensor.
     *
     * @param values ascending, {@code [k]}; slices are in the order of their first elements, then their second, …, with
     *     k in place of the dimension's size
     * @param inverse the position of each element's value, of the tensor's shape; for slices, of the dimension's size
     * @param counts how often each value occurs, {@code [k]}
     */
    record Unique(Tensor values, Tensor inverse, Tensor counts) {
        /** Holds the given values, none of which may be null. */
        public Unique {
            Objects.requireNonNull(values, "values");
            Objects.requireNonNull(inverse, "inverse");
            Objects.requireNonNull(counts, "counts");
        }
    }

    /**
     * {@return the distinct elements of the whole tensor, ascending, with the position of each element's value and how
     * often each occurs}
     */
    default Unique unique() {
        Tensor flat = self().flatten();
        Unique numbers = Positions.distinct(flat);
        if (numbers != null) {
            return new Unique(numbers.values(), numbers.inverse().reshape(self().shape()), numbers.counts());
        }
        OrderMethods.Indexed sorted = flat.sort(0, false);
        Unique unique = Positions.runs(sorted.values().unsqueeze(1), sorted.indices());
        return new Unique(unique.values().squeeze(1), unique.inverse().reshape(self().shape()), unique.counts());
    }

    /**
     * {@return the distinct slices along a dimension, in the order of their elements}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension
     */
    default Unique unique(int dim) {
        int d = self().shape().dim(dim, "unique");
        Tensor front = self().transpose(0, d);
        long n = front.shape().size(0);
        Tensor rows =
                front.reshape(n, front.shape().slice(1, front.shape().rank()).elements());
        Tensor order = Tensor.arange(n, DType.I64, self().device());
        // a stable sort by every column, the most significant last
        for (long column = rows.shape().size(1) - 1; column >= 0; column--) {
            Tensor keys = rows.select(1, column).indexSelect(0, order);
            order = order.indexSelect(0, keys.argsort(0, false));
        }
        Unique unique = Positions.runs(rows.indexSelect(0, order), order);
        Shape shape = front.shape().with(0, unique.values().shape().size(0));
        return new Unique(unique.values().reshape(shape).transpose(0, d), unique.inverse(), unique.counts());
    }

    /**
     * {@return how often each of the numbers 0, 1, 2, … occurs in this tensor of {@link DType#I64} or {@link DType#I32}}
     *
     * @param least the minimum size of the result, {@code [max(least, largest + 1)]}
     * @throws TensorException if a number is negative
     */
    default Tensor bincount(long least) {
        Tensor numbers = Positions.wide("bincount", "numbers", self());
        return numbers.bincount(least, numbers.onesLike());
    }

    /**
     * {@return the sums of the weights of each of the numbers 0, 1, 2, … in this tensor of {@link DType#I64} or {@link
     * DType#I32}}
     *
     * @param least the minimum size of the result, {@code [max(least, largest + 1)]} of the weights' type
     * @param weights of this tensor's shape
     * @throws TensorException if a number is negative
     */
    default Tensor bincount(long least, Tensor weights) {
        Tensor flat = Positions.wide("bincount", "numbers", self()).flatten();
        return Tensor.full(0, weights.dtype(), self().device(), binCount(flat, least))
                .scatterAdd(0, flat, weights.flatten());
    }

    private static long binCount(Tensor flat, long least) {
        if (flat.shape().isEmpty()) {
            return Math.max(least, 0);
        }
        long smallest = flat.amin().itemLong();
        if (smallest < 0) {
            throw new TensorException("bincount: number " + smallest + " in " + flat.spec()
                    + " (expected 0 or more); add an offset, or count with histogram");
        }
        return Math.max(least, Sizes.add("bincount", flat.amax().itemLong(), 1));
    }

    /**
     * How many elements lie in each of several neighbouring intervals.
     *
     * @param counts {@code [bins]} of {@link DType#I64}
     * @param edges {@code [bins + 1]} of the tensor's type, or of {@link DType#F64} for integers
     */
    record Histogram(Tensor counts, Tensor edges) {
        /** Holds the given values, none of which may be null. */
        public Histogram {
            Objects.requireNonNull(counts, "counts");
            Objects.requireNonNull(edges, "edges");
        }
    }

    /**
     * {@return how many elements lie in each of equally wide intervals between the smallest and the largest element; if
     * these are equal, from half below to half above, and from 0 to 1 if there are no elements}
     *
     * @param bins how many intervals, 1 or more
     * @throws TensorException if there are no bins, the range is empty or not finite, or the type is not floating-point
     */
    default Histogram histogram(long bins) {
        if (self().shape().isEmpty()) {
            return histogram(bins, 0, 1);
        }
        double least = self().amin().item();
        double most = self().amax().item();
        return least == most ? histogram(bins, least - 0.5, most + 0.5) : histogram(bins, least, most);
    }

    /**
     * {@return how many elements lie in each of equally wide intervals, which include their lower edge; the last one
     * includes both edges, and elements outside (and NaN) are not counted}
     *
     * @param bins how many intervals, 1 or more
     * @param least the lower edge of the first interval
     * @param most the upper edge of the last interval
     * @throws TensorException if there are no bins, the range is empty or not finite, or the type is not floating-point
     */
    default Histogram histogram(long bins, double least, double most) {
        if (bins < 1 || !(least < most) || Double.isInfinite(most - least)) {
            throw new TensorException("histogram: " + bins + " bins from " + least + " to " + most
                    + " (expected one or more, and a lower edge below the upper, both finite); check the arguments");
        }
        Tensor x = (self().dtype().isFloating() ? self() : self().to(DType.F64)).flatten();
        Tensor edges = Tensor.arange(Sizes.add("histogram", bins, 1), DType.F64, x.device())
                .mul((most - least) / bins)
                .add(least)
                .to(x.dtype());
        Tensor inside = x.ge(least).and(x.le(most));
        Tensor bin = inside.where(x, x.zerosLike())
                .sub(least)
                .mul(bins / (most - least))
                .floor()
                .to(DType.I64)
                .clamp(0, bins - 1);
        // rounding may have gone beyond an edge
        Tensor below = x.lt(edges.indexSelect(0, bin)).to(DType.I64);
        Tensor above = x.ge(edges.narrow(0, 1, bins).indexSelect(0, bin)).to(DType.I64);
        Tensor place = bin.sub(below).add(above).clamp(0, bins - 1);
        Tensor counts = Tensor.full(0, DType.I64, x.device(), bins).scatterAdd(0, place, inside.to(DType.I64));
        return new Histogram(counts, edges);
    }
}
