package dev.lanewise.bench;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The types that products are computed in, under the names of the peer's script. */
enum Precision {
    /** F32 throughout. */
    FP32(DType.F32, null),
    /** F32 tensors whose products round their operands to TF32 on a GPU; elsewhere as FP32. */
    TF32(DType.F32, null),
    /** Products in BF16 by {@link Autocast}; parameters are F32. */
    BF16(DType.BF16, DType.BF16);

    /** The type of the operands of single operations. */
    final DType operands;

    private final @Nullable DType narrow;

    Precision(DType operands, @Nullable DType narrow) {
        this.operands = operands;
        this.narrow = narrow;
    }

    /** The name in the lines. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Runs a computation in this precision. */
    <T> T run(Supplier<T> body) {
        return Autocast.run(narrow, body);
    }
}
