package dev.lanewise.lm.quant;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Weights of few bits. They are widened a piece at a time for each product, and never all at once. */
public abstract sealed class QuantizedWeight implements WeightLayer.Packed {
    /** The number of elements that are widened at a time: what fits into the second-level cache. */
    private static final long PIECE = 1 << 18;

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
        return new Rows(checked(weight), activations);
    }

    /**
     * Rounds a weight to blocks of GGUF files.
     *
     * @param weight {@code [out, in]}, whose rows are a multiple of a block
     * @param type the type of blocks
     * @return the weight
     */
    public static QuantizedWeight blocks(Tensor weight, BlockType type) {
        Tensor values = checked(weight);
        long in = weight.shape().size(1);
        if (in % type.elements() != 0) {
            throw new TensorException("quantize: rows of " + in + " in blocks of " + type + " (expected a multiple of "
                    + type.elements() + "); choose another format for this layer");
        }
        byte[] packed = type.pack(values.toFloatArray());
        return new Blocks(MemorySegment.ofArray(packed), type, weight.shape().size(0), in, row -> row);
    }

    /**
     * {@return a weight over existing blocks, for example in a mapped file, without copying them}
     *
     * @param data all blocks, rows one after the other; the weight is valid as long as this is
     * @param type the type of blocks
     * @param out the size of a result
     * @param in the size of an input
     * @param row the position of a row of the weight in the data
     */
    public static QuantizedWeight of(MemorySegment data, BlockType type, long out, long in, LongUnaryOperator row) {
        if (in % type.elements() != 0 || data.byteSize() != type.bytes(in * out)) {
            throw new TensorException("quantize: " + data.byteSize() + " bytes for [" + out + ", " + in
                    + "] in blocks of " + type + " (expected whole rows); check the sizes");
        }
        return new Blocks(data, type, out, in, row);
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

    @Override
    public final long in() {
        return in;
    }

    @Override
    public final long out() {
        return out;
    }

    /** Some rows, widened. */
    abstract Tensor rows(long first, long count);

    @Override
    public final Tensor dense() {
        return rows(0, out);
    }

    @Override
    public Tensor product(Tensor x) {
        return Autograd.apply(new Product(this), x);
    }

    private long rowsAtATime() {
        return Math.max(1, PIECE / Math.max(1, in));
    }

    /** The product, whose gradient needs only the weights, not the input. */
    private record Product(QuantizedWeight weight) implements Autograd.CustomOp {
        @Override
        public String name() {
            return "quantized_linear";
        }

        @Override
        public boolean looksBack() {
            return false;
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            List<Tensor> parts = new ArrayList<>();
            long step = weight.rowsAtATime();
            for (long first = 0; first < weight.out; first += step) {
                Tensor rows = weight.rows(first, Math.min(step, weight.out - first));
                parts.add(inputs[0].linear(rows.to(inputs[0].dtype()), null));
            }
            return parts.size() == 1 ? parts.getFirst() : Tensor.cat(-1, parts.toArray(Tensor[]::new));
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            Tensor sum = null;
            long step = weight.rowsAtATime();
            for (long first = 0; first < weight.out; first += step) {
                long count = Math.min(step, weight.out - first);
                Tensor part = upstream.narrow(-1, first, count)
                        .matmul(weight.rows(first, count).to(upstream.dtype()));
                sum = sum == null ? part : sum.add(part);
            }
            return new @Nullable Tensor[] {sum};
        }
    }

    /** Weights of 8 bits with a scale per row. */
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
        Tensor rows(long first, long count) {
            return values.narrow(0, first, count).to(DType.F32).mul(scales.narrow(0, first, count));
        }

        @Override
        public Tensor product(Tensor x) {
            return activations == null ? super.product(x) : rounded(x, activations);
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
        private final BlockType type;
        private final MemorySegment data;
        private final LongUnaryOperator row;

        Blocks(MemorySegment data, BlockType type, long out, long in, LongUnaryOperator row) {
            super(out, in);
            this.type = type;
            this.data = data;
            this.row = row;
        }

        @Override
        Tensor rows(long first, long count) {
            int blocks = Math.toIntExact(in() / type.elements());
            int width = Math.toIntExact(in());
            float[] values = new float[Math.toIntExact(in() * count)];
            for (int i = 0; i < count; i++) {
                type.unpack(data, row.applyAsLong(first + i) * type.bytes(in()), values, i * width, blocks);
            }
            return Tensor.of(values, count, in());
        }

        @Override
        public long bytes() {
            return data.byteSize();
        }
    }
}
