package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.index.IndexAdd;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a table that a bag names, combined into one: {@code [n, bag]} of {@code I64} to {@code [n, size]}, with
 * {@code weight [rows, size]}. A bag that is empty, or holds padding only, gives zeros.
 */
public final class EmbeddingBag extends Layer {
    /** How a bag's rows are combined into one. */
    public enum Mode {
        /** Their sum. */
        SUM,
        /** Their mean. */
        MEAN,
        /** The largest of each of their elements. */
        MAX
    }

    private final long rows;
    private final long size;
    private final Mode mode;
    private final long padding;
    private final Parameter weight;

    /**
     * Means of standard normal rows, drawn from the global random stream.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @throws TensorException if a size is negative or too large for memory
     */
    public EmbeddingBag(long rows, long size) {
        this(rows, size, Rng.global());
    }

    /**
     * Means of standard normal rows.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or too large for memory
     */
    public EmbeddingBag(long rows, long size, Rng rng) {
        this(rows, size, Mode.MEAN, Embedding.NO_PADDING, rng);
    }

    /**
     * A table of standard normal rows, whose padding takes no part in a bag.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @param mode how the rows of a bag combine
     * @param padding a number that is ignored, or {@link Embedding#NO_PADDING}
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or too large for memory, or the padding is not a row
     */
    public EmbeddingBag(long rows, long size, Mode mode, long padding, Rng rng) {
        this.rows = rows;
        this.size = size;
        this.mode = mode;
        this.padding = padding;
        weight = parameter("weight", Embedding.initial("embedding_bag", rows, size, padding, rng));
    }

    /**
     * A layer over a given table, which other layers may share; of one {@linkplain Parameter#byRows by rows} the gradient is
     * the rows that were looked up.
     *
     * @param weight {@code [rows, size]}
     * @param mode how the rows of a bag combine
     * @param padding a number that counts as not there, or {@link Embedding#NO_PADDING}
     * @throws TensorException if the table is not a matrix
     */
    public EmbeddingBag(Parameter weight, Mode mode, long padding) {
        Objects.requireNonNull(mode, "mode");
        Shape shape = weight.leaf().shape();
        if (shape.rank() != 2) {
            throw new TensorException(
                    "embedding_bag: table " + weight.leaf().spec() + " (expected [rows, size]); reshape it");
        }
        this.rows = shape.size(0);
        this.size = shape.size(1);
        this.mode = mode;
        this.padding = padding;
        this.weight = parameter("weight", weight);
    }

    @Override
    protected Tensor compute(Tensor numbers) {
        return bags(numbers, numbers.ne(padding), null);
    }

    /**
     * Sums of weighted rows (PyTorch's {@code per_sample_weights}), which have gradients for the weights too.
     *
     * @param numbers {@code [n, bag]} of {@code I64}
     * @param weights of the same shape and the table's type: the factor of each row
     * @return {@code [n, size]}
     * @throws TensorException if rows are combined in another way than by their sum, or the weights are of another shape
     */
    public Tensor forward(Tensor numbers, Tensor weights) {
        return called(() -> {
            checkWeights(numbers, weights);
            return bags(numbers, numbers.ne(padding), weights);
        });
    }

    /**
     * Bags of different sizes, concatenated. Sums and means take memory by the numbers; for maxima, bags are padded to the longest.
     *
     * @param numbers {@code [total]} of {@code I64}
     * @param offsets where each bag begins, ascending from 0; it ends where the next one begins
     * @return {@code [offsets, size]}
     * @throws TensorException if the numbers have another rank than 1, or the offsets don't ascend from 0 to at most their count
     */
    public Tensor forward(Tensor numbers, long... offsets) {
        return called(() -> concatenated(numbers, null, offsets));
    }

    /**
     * Sums of weighted rows over bags of different sizes, concatenated.
     *
     * @param numbers {@code [total]} of {@code I64}
     * @param weights of the same shape and the table's type: the factor of each row
     * @param offsets where each bag begins, ascending from 0; it ends where the next one begins
     * @return {@code [offsets, size]}
     * @throws TensorException if rows are combined in another way than by their sum, or the weights are of another shape
     */
    public Tensor forward(Tensor numbers, Tensor weights, long... offsets) {
        return called(() -> {
            checkWeights(numbers, weights);
            return concatenated(numbers, weights, offsets);
        });
    }

    private void checkWeights(Tensor numbers, Tensor weights) {
        if (mode != Mode.SUM
                || !weights.shape().equals(numbers.shape())
                || weights.dtype() != weight.leaf().dtype()) {
            throw new TensorException("embedding_bag: weights " + weights.spec() + " of numbers " + numbers.spec()
                    + " combined by " + mode + " (expected a weight of type "
                    + weight.leaf().dtype()
                    + " for each number, and a SUM of rows); give as many weights as numbers, or use Mode.SUM");
        }
    }

    private Tensor concatenated(Tensor numbers, @Nullable Tensor weights, long[] offsets) {
        if (numbers.shape().rank() != 1) {
            throw new TensorException("embedding_bag: numbers " + numbers.spec()
                    + " with offsets (expected [total]); flatten them, or leave the offsets out");
        }
        long total = numbers.shape().elements();
        long longest = longest(offsets, total);
        if (total == 0 || offsets.length == 0) {
            return emptyBags(offsets.length);
        }
        return mode == Mode.MAX ? largest(numbers, offsets, longest) : added(numbers, weights, offsets);
    }

    /** Sums or means row by row: bags padded to the longest one's size might be many times larger. */
    private Tensor added(Tensor numbers, @Nullable Tensor weights, long... offsets) {
        long[] places = new long[Math.toIntExact(numbers.shape().elements())];
        for (int bag = 0; bag < offsets.length; bag++) {
            Arrays.fill(places, (int) offsets[bag], (int) end(offsets, bag, places.length), bag);
        }
        Tensor bagOf = Tensor.of(places).to(numbers.device());
        IndexAdd add = new IndexAdd(0, offsets.length);
        Tensor there = numbers.ne(padding);
        Tensor sum = Tensor.apply(add, counted(numbers, there, weights), bagOf);
        return mode == Mode.SUM ? sum : mean(sum, Tensor.apply(add, there.to(DType.I64), bagOf));
    }

    private Tensor largest(Tensor numbers, long[] offsets, long longest) {
        long total = numbers.shape().elements();
        long[] places = new long[Math.toIntExact(offsets.length * longest)];
        boolean[] there = new boolean[places.length];
        for (int bag = 0; bag < offsets.length; bag++) {
            int first = Math.toIntExact(bag * longest);
            for (long i = offsets[bag]; i < end(offsets, bag, total); i++) {
                places[first] = i;
                there[first++] = true;
            }
        }
        Shape shape = Shape.of(offsets.length, longest);
        Tensor index = Tensor.of(places).to(numbers.device());
        Tensor padded = numbers.indexSelect(0, index).reshape(shape);
        Tensor inBag = Tensor.of(there).to(numbers.device()).reshape(shape);
        return bags(padded, inBag.and(padded.ne(padding)), null);
    }

    private static long longest(long[] offsets, long total) {
        long longest = 1;
        for (int bag = 0; bag < offsets.length; bag++) {
            long length = end(offsets, bag, total) - offsets[bag];
            if (length < 0 || offsets[0] != 0) {
                throw new TensorException("embedding_bag: offsets " + Arrays.toString(offsets) + " of " + total
                        + " numbers (expected them to ascend from 0 to at most that); check them");
            }
            longest = Math.max(longest, length);
        }
        return longest;
    }

    private static long end(long[] offsets, int bag, long total) {
        return bag + 1 < offsets.length ? offsets[bag + 1] : total;
    }

    /** Zeros for bags without numbers, as in PyTorch; their gradient is zero. */
    private Tensor emptyBags(long bags) {
        return weight.tensor().narrow(0, 0, 0).sum(0).expand(bags, size);
    }

    /** The rows of {@code [n, bag]} where the mask of the same shape is true, weighted if there are weights, combined into one. */
    private Tensor bags(Tensor numbers, Tensor there, @Nullable Tensor weights) {
        if (numbers.shape().isEmpty()) {
            return emptyBags(numbers.shape().size(0));
        }
        return switch (mode) {
            case SUM -> counted(numbers, there, weights).sum(1);
            case MEAN ->
                mean(
                        counted(numbers, there, weights).sum(1),
                        there.to(DType.I64).sum(1));
            case MAX -> {
                // of equal elements the first one gets the gradient, as in PyTorch
                Tensor largest = weight.tensor()
                        .embedding(numbers)
                        .maskedFill(there.unsqueeze(-1).not(), Double.NEGATIVE_INFINITY)
                        .max(1)
                        .values();
                yield there.any(1, Keep.KEEP).where(largest, largest.zerosLike());
            }
        };
    }

    /** The weighted rows of numbers, zeros where they don't count. */
    private Tensor counted(Tensor numbers, Tensor there, @Nullable Tensor weights) {
        Tensor rowsOf = weight.tensor().embedding(numbers);
        // weights of what does not count may be anything
        Tensor looked = weights == null
                ? rowsOf
                : rowsOf.mul(there.where(weights, weights.zerosLike()).unsqueeze(-1));
        return there.unsqueeze(-1).where(looked, looked.zerosLike());
    }

    private static Tensor mean(Tensor sum, Tensor counts) {
        return sum.div(counts.clamp(1, Integer.MAX_VALUE).to(sum.dtype()).unsqueeze(-1));
    }

    @Override
    protected String attributes() {
        return rows + ", " + size + ", mode=" + mode;
    }
}
