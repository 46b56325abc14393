package dev.lanewise.tensor.op.matrix;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The exact product of matrices of 8-bit whole numbers, less their zero points: {@code (a - aZero) (b - bZero)}, which is ONNX's
 * {@code MatMulInteger}. Operands: a {@code [..., k]}, b {@code [k, n]}, the zero point of a (one number), that of b (one number, or
 * {@code [n]}); {@link DType#U8} or {@link DType#I8}, zero points of the type that they belong to. The result is {@code [..., n]} of
 * {@link DType#I32}, whose sums wrap beyond its range.
 *
 * @param scaled whether the sums become F32, are multiplied by a fifth operand, the scale ({@link DType#F32}, one number or
 *     {@code [n]}), and a sixth is added, if it is there: the bias, F32, {@code [n]}
 */
public record IntegerProduct(boolean scaled) implements Op.Fused {
    private static final Set<DType> BYTES = Set.of(DType.U8, DType.I8);

    @Override
    public String opName() {
        return scaled ? "scaled_integer_product" : "integer_product";
    }

    @Override
    public Set<DType> dtypes() {
        return BYTES;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, scaled ? 5 : 4, scaled ? 6 : 4);
        Check.dtype(this, in[0], BYTES);
        Check.dtype(this, in[1], BYTES);
        Check.sameDtype(this, in[0], in[2]);
        Check.sameDtype(this, in[1], in[3]);
        Check.rank(this, in[0], 1, Integer.MAX_VALUE, "left operand [..., k]");
        Check.rank(this, in[1], 2, 2, "right operand [k, n]");
        Shape a = in[0].shape();
        Shape b = in[1].shape();
        if (a.size(-1) != b.size(0)) {
            throw Check.failure(
                    this,
                    "inner sizes differ: " + a + " x " + b + " (" + a.size(-1) + " != " + b.size(0) + ")",
                    "transpose the right operand?");
        }
        if (in[2].shape().elements() != 1) {
            throw Check.failure(
                    this, "zero point " + in[2] + " of the left operand", "give one number, or shift the rows before");
        }
        long n = b.size(1);
        perColumn(in[3], n, "zero point");
        if (scaled) {
            Check.dtype(this, in[4], Set.of(DType.F32));
            perColumn(in[4], n, "scale");
        }
        if (in.length == 6) {
            Check.dtype(this, in[5], Set.of(DType.F32));
            if (!in[5].shape().equals(Shape.of(n))) {
                throw Check.failure(this, "bias " + in[5] + " for " + n + " columns", "the bias must be [" + n + "]");
            }
        }
        return Check.one(new TensorSpec(scaled ? DType.F32 : DType.I32, a.with(-1, n)));
    }

    private void perColumn(TensorSpec spec, long n, String what) {
        if (!(spec.shape().elements() == 1 || spec.shape().equals(Shape.of(n)))) {
            throw Check.failure(this, what + " " + spec + " for " + n + " columns", "give one number, or [" + n + "]");
        }
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor a = inputs[0].to(DType.I32).sub(spread(inputs[2].to(DType.I32)));
        Tensor b = inputs[1].to(DType.I32).sub(spread(inputs[3].to(DType.I32)));
        Tensor rows = a.shape().rank() == 1 ? a.unsqueeze(0) : a;
        Tensor sums = rows.matmul(b);
        sums = a.shape().rank() == 1 ? sums.squeeze(0) : sums;
        if (!scaled) {
            return new Tensor[] {sums};
        }
        Tensor product = sums.to(DType.F32).mul(spread(inputs[4].to(DType.F32)));
        return new Tensor[] {inputs.length == 6 ? product.add(inputs[5].to(DType.F32)) : product};
    }

    /** One number broadcasts whatever its rank was. */
    private static Tensor spread(Tensor x) {
        return x.shape().elements() == 1 ? x.reshape() : x;
    }
}
