package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.internal.StridedTensor;
import org.jspecify.annotations.Nullable;

/** Reads and sets the origins of tensors. */
public final class Origins {
    private Origins() {}

    /** The tensor's origin, or null for a constant. */
    public static @Nullable Origin of(Tensor tensor) {
        return ((StridedTensor) tensor).origin();
    }

    /** Gives a new result its origin. */
    public static void attach(Tensor tensor, Origin origin) {
        ((StridedTensor) tensor).attach(origin);
    }

    /** Another tensor over the same memory with the given origin, or none. */
    public static Tensor withOrigin(Tensor tensor, @Nullable Origin origin) {
        return ((StridedTensor) tensor).withOrigin(origin);
    }
}
