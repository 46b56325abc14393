package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import java.util.Arrays;

/**
 * The type that 16-bit operands are computed in, and what is kept of them for the backward pass. A logarithm of a sum
 * near 100 has steps of 0.5 in BF16, each of which changes a probability by half.
 */
public final class Wide {
    private Wide() {}

    /** {@link DType#F32} for 16-bit types; any other type is kept. */
    public static DType of(DType dtype) {
        return dtype == DType.F16 || dtype == DType.BF16 ? DType.F32 : dtype;
    }

    /** The specification of a statistic of the given shape that belongs to a tensor. */
    public static TensorSpec statistic(TensorSpec of, Shape shape) {
        return new TensorSpec(of(of.dtype()), shape);
    }

    /** The operands, 16-bit ones widened. */
    public static Tensor[] of(Tensor... operands) {
        return Arrays.stream(operands)
                .map(x -> x.dtype() == of(x.dtype()) ? x : x.to(of(x.dtype())))
                .toArray(Tensor[]::new);
    }

    /** The results rounded to a type, apart from the statistics behind the first {@code rounded} ones. */
    public static Tensor[] round(DType dtype, int rounded, Tensor... results) {
        for (int i = 0; i < rounded; i++) {
            results[i] = results[i].dtype() == dtype ? results[i] : results[i].to(dtype);
        }
        return results;
    }
}
