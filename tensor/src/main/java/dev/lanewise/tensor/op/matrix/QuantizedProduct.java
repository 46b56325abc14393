package dev.lanewise.tensor.op.matrix;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * Products with a weight of few bits, which stays in its blocks: {@code [n, bytes]} of {@link DType#U8} or {@link DType#I8}, each
 * row the blocks of k numbers.
 *
 * <p>Its decomposition unpacks the whole weight on the host, and multiplies.
 *
 * @param kind what is computed
 * @param format how the weight is stored
 */
public record QuantizedProduct(Kind kind, BlockFormat format) implements Op.Fused {
    /** Numbers that the decomposition unpacks at a time. */
    private static final long PIECE = 1 << 20;

    private static final Set<DType> BYTES = Set.of(DType.U8, DType.I8);

    /** Checks the attributes. */
    public QuantizedProduct {
        Check.present("quantized_linear", "kind", kind);
        Check.present("quantized_linear", "format", format);
    }

    /** What is computed. */
    public enum Kind {
        /** {@code x w^T}: input {@code [..., k]} and weight; result {@code [..., n]}. */
        LINEAR("quantized_linear"),
        /** {@code g w}, the gradient of {@link #LINEAR} for its input: {@code [..., n]} and weight; result {@code [..., k]}. */
        LINEAR_GRAD("quantized_linear_grad"),
        /** The weight itself, widened: {@code [n, k]} of {@link DType#F32}. */
        UNPACK("unpack");

        private final String opName;

        Kind(String opName) {
            this.opName = opName;
        }
    }

    @Override
    public String opName() {
        return kind.opName;
    }

    @Override
    public Set<DType> dtypes() {
        return kind == Kind.UNPACK ? BYTES : DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, kind == Kind.UNPACK ? 1 : 2);
        Check.dtype(this, in[0], dtypes());
        TensorSpec weight = in[in.length - 1];
        Check.dtype(this, weight, BYTES);
        Check.rank(this, weight, 2, 2, "weight [n, bytes]");
        long n = weight.shape().size(0);
        long bytes = weight.shape().size(1);
        if (bytes % format.bytes() != 0) {
            throw Check.failure(
                    this,
                    "rows of " + bytes + " bytes are no whole blocks of " + format + ", " + format.bytes()
                            + " bytes each",
                    "check format and shape");
        }
        long k = format.numbers(bytes);
        if (kind == Kind.UNPACK) {
            return Check.one(new TensorSpec(DType.F32, Shape.of(n, k)));
        }
        Check.rank(this, in[0], 1, Integer.MAX_VALUE, kind == Kind.LINEAR ? "input [..., k]" : "gradient [..., n]");
        Shape x = in[0].shape();
        long want = kind == Kind.LINEAR ? k : n;
        if (x.size(-1) != want) {
            throw Check.failure(
                    this,
                    "input " + x + " has " + x.size(-1) + " features, weight [" + n + ", " + k + "] of " + format
                            + " takes " + want,
                    "flatten the input, or check the format?");
        }
        return Check.one(in[0].with(x.with(-1, kind == Kind.LINEAR ? n : k)));
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor weight = unpacked(inputs[inputs.length - 1]);
        return new Tensor[] {
            switch (kind) {
                case UNPACK -> weight;
                case LINEAR -> inputs[0].linear(weight.to(inputs[0].dtype()), null);
                case LINEAR_GRAD ->
                    inputs[0].linear(weight.to(inputs[0].dtype()).transpose(0, 1), null);
            }
        };
    }

    private Tensor unpacked(Tensor packed) {
        Tensor host = packed.to(Device.CPU);
        long n = host.shape().size(0);
        long rowBytes = host.shape().size(1);
        long k = format.numbers(rowBytes);
        Tensor wide = Tensor.zeros(n, k);
        int atOnce = (int) Math.max(1, Math.min(n, PIECE / Math.max(1, k)));
        int blocks = Math.toIntExact(k / format.elements());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(atOnce * rowBytes);
            for (long row = 0; row < n && k > 0; row += atOnce) {
                int rows = (int) Math.min(atOnce, n - row);
                float[] values = new float[Math.toIntExact(rows * k)];
                host.narrow(0, row, rows).copyTo(bytes.asSlice(0, rows * rowBytes));
                format.unpack(bytes, 0, values, 0, rows * blocks);
                wide.narrow(0, row, rows).copyFrom(MemorySegment.ofArray(values));
            }
        }
        return wide.to(packed.device());
    }
}
