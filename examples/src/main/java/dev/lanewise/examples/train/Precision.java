package dev.lanewise.examples.train;

import dev.lanewise.tensor.DType;
import org.jspecify.annotations.Nullable;

/** The types that a model computes in; weights are F32 in all. */
enum Precision {
    /** F32 throughout. */
    FP32(null),
    /** F32 whose products round their operands to TF32 on a GPU; elsewhere as FP32. */
    TF32(null),
    /** Products in BF16. */
    BF16(DType.BF16),
    /** Products in F16, with a scaled loss. */
    F16(DType.F16);

    /** What products are cast to; null for nothing. */
    final @Nullable DType narrow;

    Precision(@Nullable DType narrow) {
        this.narrow = narrow;
    }
}
