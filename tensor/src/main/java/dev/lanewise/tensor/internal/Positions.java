package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.SelectionMethods;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.spi.Origins;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Positions of elements in row-major order. */
public final class Positions {
    private static final long MOST_SORTED_HERE = 1 << 20;

    private Positions() {}

    /** The positions of the elements that are not 0: {@code [n]}. */
    public static Tensor of(Tensor tensor) {
        boolean[] holds = tensor.toBooleanArray();
        long[] positions = IntStream.range(0, holds.length)
                .filter(i -> holds[i])
                .asLongStream()
                .toArray();
        return Tensor.of(positions).to(tensor.device());
    }

    /**
     * Positions or classes as I64, the type that operations take.
     *
     * @param what they are, for the message
     * @param positions of {@link DType#I64} or {@link DType#I32}
     * @throws TensorException for any other type
     */
    public static Tensor wide(String op, String what, Tensor positions) {
        if (positions.dtype() != DType.I64 && positions.dtype() != DType.I32) {
            throw new TensorException(op + ": " + what + " " + positions.spec()
                    + " (expected I64 or I32); cast with to(DType.I64)"
                    + (positions.dtype() == DType.BOOL ? ", or pick by a mask with maskedSelect" : ""));
        }
        return positions.dtype() == DType.I32 ? positions.to(DType.I64) : positions;
    }

    /** A copy with elements combined in at positions of a dimension, which may be named from the end. */
    public static Tensor scatter(Scatter.Kind kind, Tensor base, int dim, Tensor index, Tensor source) {
        return Tensor.apply(
                new Scatter(kind, base.shape().dim(dim, "scatter")), base, wide("scatter", "positions", index), source);
    }

    /** The mask, checked. */
    public static Tensor mask(String op, Tensor mask) {
        if (mask.dtype() != DType.BOOL) {
            throw new TensorException(
                    op + ": mask " + mask.spec() + " (expected BOOL); compare it, or cast with to(DType.BOOL)");
        }
        return mask;
    }

    /**
     * Checks class numbers or positions on the host.
     *
     * @throws TensorException if one is below 0, or not below the size; the message names it
     */
    public static void check(String op, Tensor numbers, long size) {
        check(op, numbers, 0, size);
    }

    private static void check(String op, Tensor numbers, long from, long size) {
        if (numbers.shape().isEmpty()) {
            return;
        }
        long least;
        long most;
        try (var ignored = Scope.open(op)) {
            Tensor constant = Origins.withOrigin(numbers, null);
            least = constant.amin().itemLong();
            most = constant.amax().itemLong();
        }
        if (least < from || most >= size) {
            throw new TensorException(op + ": number " + (least < from ? least : most) + " in " + numbers.spec()
                    + " (expected " + (size > from ? from + " to " + (size - 1) : "none, as there is no place for any")
                    + "); check the numbers or their count");
        }
    }

    /**
     * Positions in the first dimensions of a tensor.
     *
     * @param positions positions in those dimensions merged into one
     * @param dims how many dimensions are merged
     */
    public record Grid(Tensor positions, int dims) {
        /** The shape with those dimensions merged into one. */
        public Shape merged(Shape shape) {
            return Shape.of(shape.slice(0, dims).elements()).concat(shape.slice(dims, shape.rank()));
        }
    }

    /** Index tensors, one for each of the first dimensions, as positions in those dimensions merged into one. */
    public static Grid grid(String op, Shape shape, Tensor... index) {
        if (index.length == 0 || index.length > shape.rank()) {
            throw new TensorException(op + ": " + index.length + " index tensors for shape " + shape
                    + " (expected 1 to " + shape.rank() + "); give one for each of the first dimensions");
        }
        Tensor positions = null;
        Tensor outside = null;
        for (int d = 0; d < index.length; d++) {
            Tensor wide = wide(op, "index", index[d]);
            long size = shape.size(d);
            Tensor fromFront = wide.lt(0).where(wide.add(size), wide);
            if (index.length > 1) {
                // merged with others, a position outside its dimension would be one inside another row
                if (wide.device().equals(Device.CPU)) {
                    check(op, wide, -size, size);
                } else {
                    // without waiting for the device, which then refuses it as a position outside the tensor
                    Tensor wrong = fromFront.lt(0).or(fromFront.ge(size));
                    outside = outside == null ? wrong : outside.or(wrong);
                }
            }
            positions = positions == null ? fromFront : positions.mul(size).add(fromFront);
        }
        Tensor merged = Objects.requireNonNull(positions);
        long places = shape.slice(0, index.length).elements();
        return new Grid(outside == null ? merged : merged.maskedFill(outside, places), index.length);
    }

    /**
     * The distinct numbers of a vector, sorted in the host's memory together with their places: for thousands of numbers the
     * operations that this takes otherwise cost more than the sort.
     *
     * @return null where the numbers are elsewhere, not whole, many, or far apart
     */
    public static SelectionMethods.@Nullable Unique distinct(Tensor flat) {
        long n = flat.shape().elements();
        if (!flat.dtype().isInteger() || !flat.device().equals(Device.CPU) || n == 0 || n > MOST_SORTED_HERE) {
            return null;
        }
        long[] keys = flat.toLongArray();
        long least = LongStream.of(keys).min().getAsLong();
        long range = LongStream.of(keys).max().getAsLong() - least;
        if (range < 0 || range > Integer.MAX_VALUE) {
            return null;
        }
        for (int i = 0; i < keys.length; i++) {
            keys[i] = keys[i] - least << 32 | i;
        }
        Arrays.sort(keys);
        long[] values = new long[keys.length];
        long[] inverse = new long[keys.length];
        long[] counts = new long[keys.length];
        int last = -1;
        for (long key : keys) {
            long value = (key >>> 32) + least;
            if (last < 0 || values[last] != value) {
                values[++last] = value;
            }
            inverse[(int) key] = last;
            counts[last]++;
        }
        return new SelectionMethods.Unique(
                Tensor.of(Arrays.copyOf(values, last + 1)).to(flat.dtype()),
                Tensor.of(inverse),
                Tensor.of(Arrays.copyOf(counts, last + 1)));
    }

    /**
     * The distinct rows of a matrix whose equal rows are neighbours.
     *
     * @param rows {@code [n, c]}
     * @param order where each row came from, {@code [n]}
     */
    public static SelectionMethods.Unique runs(Tensor rows, Tensor order) {
        long n = rows.shape().size(0);
        Tensor first = Tensor.full(1, DType.BOOL, rows.device(), Math.min(n, 1));
        if (n > 1) {
            Tensor changes = rows.narrow(0, 1, n - 1).ne(rows.narrow(0, 0, n - 1));
            first = Tensor.cat(0, first, changes.any(1));
        }
        Tensor values = rows.indexSelect(0, of(first));
        Tensor ranks = first.to(DType.I64).cumsum(0).sub(1);
        Tensor inverse = ranks.zerosLike().scatter(0, order, ranks);
        Tensor counts = inverse.bincount(values.shape().size(0));
        return new SelectionMethods.Unique(values, inverse, counts);
    }

    /** The neutral element: the number that changes nothing when it is combined. */
    public static Number neutral(Scatter.Kind kind, DType dtype) {
        return switch (kind) {
            case SET, ADD -> 0;
            case MUL -> 1;
            case AMAX -> lowest(dtype);
            case AMIN -> highest(dtype);
        };
    }

    private static Number lowest(DType dtype) {
        return switch (dtype) {
            case F32, F64, F16, BF16 -> Double.NEGATIVE_INFINITY;
            case I8, U8, I32, I64, BOOL -> WholeNumbers.least(dtype);
        };
    }

    private static Number highest(DType dtype) {
        return switch (dtype) {
            case F32, F64, F16, BF16 -> Double.POSITIVE_INFINITY;
            case I8, U8, I32, I64, BOOL -> WholeNumbers.most(dtype);
        };
    }
}
