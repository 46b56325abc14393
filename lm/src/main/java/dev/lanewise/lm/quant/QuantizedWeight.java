package dev.lanewise.lm.quant;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.matrix.BlockFormat;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.matrix.QuantizedProduct.Kind;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Weights of few bits, which products read as they are: {@link QuantizedProduct} widens them in registers, or a piece at a time into
 * the cache.
 */
public abstract sealed class QuantizedWeight implements WeightLayer.Packed {
    private final long in;
    private final long out;

    private QuantizedWeight(long out, long in) {
        this.in = in;
        this.out = out;
    }

    /**
     * Rounds a weight to 8 bits, with a scale per row.
     *
     * @param weight {@code [out, in]}
     * @return the rounded weight
     * @throws TensorException if the weight is not a matrix of a floating-point type
     */
    public static QuantizedWeight int8(Tensor weight) {
        return new Rows(checked(weight), null);
    }

    /**
     * {@return a weight rounded to 8 bits, for products with activations that are rounded to 8 bits too}
     *
     * @param weight {@code [out, in]}
     * @param activations how they are rounded
     */
    public static QuantizedWeight int8(Tensor weight, Activations activations) {
        Objects.requireNonNull(activations, "activations");
        return new Rows(checked(weight), activations);
    }

    /**
     * Rounds a weight to blocks of GGUF files.
     *
     * @param weight {@code [out, in]}, whose rows are a multiple of a block
     * @param type the type of blocks
     * @return the weight
     * @throws TensorException if rows are not whole blocks
     */
    public static QuantizedWeight blocks(Tensor weight, BlockType type) {
        Tensor values = checked(weight);
        long in = weight.shape().size(1);
        if (in % type.elements() != 0) {
            throw new TensorException("quantize: rows of " + in + " in blocks of " + type + " (expected a multiple of "
                    + type.elements() + "); choose another format for this layer");
        }
        byte[] packed = type.pack(values.toFloatArray());
        long out = weight.shape().size(0);
        Tensor blocks = Tensor.of(MemorySegment.ofArray(packed), DType.U8, out, type.bytes(in))
                .keep();
        return new Blocks(blocks, null, type, in);
    }

    /**
     * {@return a weight over existing blocks, for example in a mapped file, without copying them; rows that are in
     * another order are copied}
     *
     * @param data all blocks, rows one after the other; the weight is valid as long as this is
     * @param type the type of blocks
     * @param out the elements of a result
     * @param in the elements of an input
     * @param row which row of the data a row of the weight is; null if they are in order
     * @throws TensorException if rows are not whole blocks, or the bytes are not as many as the weight takes
     */
    public static QuantizedWeight of(
            MemorySegment data, BlockType type, long out, long in, @Nullable LongUnaryOperator row) {
        if (in % type.elements() != 0 || data.byteSize() != type.bytes(in * out)) {
            throw new TensorException("quantize: " + data.byteSize() + " bytes for [" + out + ", " + in
                    + "] in blocks of " + type + " (expected whole rows); check the sizes");
        }
        Tensor blocks = data.isNative()
                ? Storage.over(data, DType.U8, Shape.of(out, type.bytes(in)))
                : Tensor.of(data, DType.U8, out, type.bytes(in)).keep();
        if (row == null) {
            return new Blocks(blocks, data.isNative() ? data : null, type, in);
        }
        try (Scope ignored = Scope.open("order")) {
            Tensor order = Tensor.of(LongStream.range(0, out).map(row).toArray());
            return new Blocks(blocks.indexSelect(0, order).keep(), null, type, in);
        } finally {
            if (data.isMapped()) {
                // read only for the copy: the file's pages need not stay in memory
                data.unload();
            }
        }
    }

    private static Tensor checked(Tensor weight) {
        if (weight.shape().rank() != 2 || !weight.dtype().isFloating()) {
            throw new TensorException(
                    "quantize: weight " + weight.spec() + " (expected [out, in] of a floating-point type); reshape it");
        }
        return Autograd.detach(weight).to(DType.F32);
    }

    /** How activations are rounded to 8 bits. */
    public sealed interface Activations {
        /** By each token's own largest magnitude. */
        record PerToken() implements Activations {}

        /** By the range of each call. */
        record Dynamic() implements Activations {}

        /**
         * By a range that was observed before.
         *
         * @param least the beginning of the range
         * @param greatest the end of the range
         */
        record Static(double least, double greatest) implements Activations {}
    }

    /**
     * {@return rows of the weight, widened: {@code [..., in]} of F32 for numbers {@code [...]}}
     *
     * @param numbers the rows' numbers from 0, of I64 or I32
     * @throws TensorException if a number is outside the weight
     */
    public final Tensor rows(Tensor numbers) {
        Objects.requireNonNull(numbers, "numbers");
        return chosen(numbers.flatten())
                .reshape(numbers.shape().concat(Shape.of(in)))
                .to(numbers.device());
    }

    /** Rows by their numbers, {@code [count]}, widened: {@code [count, in]}. */
    abstract Tensor chosen(Tensor numbers);

    @Override
    public final long in() {
        return in;
    }

    @Override
    public final long out() {
        return out;
    }

    /** 8 bits with a scale for each row. */
    private static final class Rows extends QuantizedWeight {
        private final Tensor values;
        private final Tensor scales;
        private final @Nullable Activations activations;

        Rows(Tensor weight, @Nullable Activations activations) {
            super(weight.shape().size(0), weight.shape().size(1));
            Int8.Quantized rounded = Autograd.noGrad(() -> Int8.perRow(weight));
            values = rounded.values().keep();
            scales = rounded.scale().keep();
            this.activations = activations;
        }

        @Override
        public Tensor dense() {
            return values.to(DType.F32).mul(scales);
        }

        @Override
        Tensor chosen(Tensor numbers) {
            Tensor own = numbers.to(values.device());
            return values.embedding(own).to(DType.F32).mul(scales.embedding(own));
        }

        @Override
        public Tensor product(Tensor x) {
            if (activations != null) {
                return rounded(x, activations);
            }
            Tensor sums = Tensor.apply(new QuantizedProduct(Kind.LINEAR, BlockFormat.I8), x, values);
            return sums.mul(scales.flatten().to(x.dtype()));
        }

        private Tensor rounded(Tensor x, Activations how) {
            if (Autograd.isTracked(x) && Autograd.isRecording()) {
                throw new TensorException("quantized_linear: gradients through rounded activations (expected none);"
                        + " compute in noGrad, or quantize weights only");
            }
            Shape shape = x.shape();
            Tensor flat = x.reshape(shape.elements() / in(), in());
            Int8.Quantized q = quantized(flat, how);
            Tensor sums = Int8.product(q.values(), q.zero(), values);
            return sums.mul(q.scale().to(DType.F64))
                    .mul(scales.to(DType.F64).transpose(0, 1))
                    .to(x.dtype())
                    .reshape(shape.with(-1, out()));
        }

        private static Int8.Quantized quantized(Tensor x, Activations how) {
            return switch (how) {
                case Activations.PerToken token -> Int8.perRow(x);
                case Activations.Dynamic call -> Int8.dynamic(x);
                case Activations.Static seen -> Int8.ofRange(x, seen.least(), seen.greatest(), 255);
            };
        }

        @Override
        public long bytes() {
            return values.spec().bytes() + scales.spec().bytes();
        }
    }

    /** Weights in GGUF's blocks. */
    private static final class Blocks extends QuantizedWeight {
        private final BlockFormat format;
        private final Tensor blocks;
        private final @Nullable MemorySegment mapped;

        /** Blocks in memory, which may be a file's. */
        Blocks(Tensor blocks, @Nullable MemorySegment mapped, BlockType type, long in) {
            super(blocks.shape().size(0), in);
            // the names are ggml's in both, and only this one is for users
            this.format = BlockFormat.valueOf(type.name());
            this.blocks = blocks;
            this.mapped = mapped;
        }

        private Tensor open() {
            if (mapped != null && !mapped.scope().isAlive()) {
                throw new TensorException(
                        "quantized_linear: the weight's file is closed (expected it open); keep the file"
                                + " open as long as the model");
            }
            return blocks;
        }

        @Override
        public Tensor dense() {
            return Tensor.apply(new QuantizedProduct(Kind.UNPACK, format), open());
        }

        @Override
        Tensor chosen(Tensor numbers) {
            Tensor own = open().embedding(numbers.to(Device.CPU));
            return Tensor.apply(new QuantizedProduct(Kind.UNPACK, format), own);
        }

        @Override
        public Tensor product(Tensor x) {
            return Tensor.apply(new QuantizedProduct(Kind.LINEAR, format), x, open().to(x.device()));
        }

        @Override
        public long bytes() {
            return blocks.spec().bytes();
        }
    }
}
