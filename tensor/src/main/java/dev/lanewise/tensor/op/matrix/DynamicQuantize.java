package dev.lanewise.tensor.op.matrix;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Rounds numbers to 8 bits by their own range, which is ONNX's {@code DynamicQuantizeLinear}: the range, widened to hold 0, is
 * divided into 255 steps. Operand: any tensor of {@link DType#F32}; results: {@link DType#U8} of its shape, the scale (F32, one
 * number) and the zero point (U8, one number). The scale of zeros is 0, and so are they.
 */
public enum DynamicQuantize implements Op.Fused {
    /** The only one. */
    DYNAMIC_QUANTIZE;

    @Override
    public String opName() {
        return Check.lower(this);
    }

    @Override
    public Set<DType> dtypes() {
        return Set.of(DType.F32);
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], dtypes());
        return new TensorSpec[] {
            in[0].with(DType.U8), new TensorSpec(DType.F32, Shape.SCALAR), new TensorSpec(DType.U8, Shape.SCALAR)
        };
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        // in single precision: another rounding of the quotients would move numbers by a step
        Tensor x = inputs[0].to(DType.F32);
        Tensor none = Tensor.full(0, DType.F32, x.device());
        Tensor least = x.shape().isEmpty() ? none : x.amin().minimum(none);
        Tensor most = x.shape().isEmpty() ? none : x.amax().maximum(none);
        Tensor scale = most.sub(least).div(255);
        Tensor some = scale.gt(0.0);
        Tensor step = some.where(scale, scale.onesLike());
        Tensor zero = least.neg().div(step).clamp(0.0, 255.0).round();
        Tensor y = x.div(step).round().add(zero).clamp(0.0, 255.0);
        return new Tensor[] {y.to(DType.U8), scale, zero.to(DType.U8)};
    }
}
