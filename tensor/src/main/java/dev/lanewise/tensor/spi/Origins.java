package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.internal.StridedTensor;
import org.jspecify.annotations.Nullable;

/** Reads and sets the origins of tensors. */
public final class Origins {
    private Origins() {}

    /**
     * The tensor's origin, or null for a constant.
     *
     * @param tensor any tensor
     * @return its origin, or null
     */
    public static @Nullable Origin of(Tensor tensor) {
        return ((StridedTensor) tensor).origin();
    }

    /**
     * Gives a new result its origin.
     *
     * @param tensor any tensor
     * @param origin where the tensor comes from
     */
    public static void attach(Tensor tensor, Origin origin) {
        ((StridedTensor) tensor).attach(origin);
    }

    /**
     * Another tensor over the same memory with the given origin, or none.
     *
     * @param tensor any tensor
     * @param origin where the tensor comes from
     * @return another tensor over the same memory
     */
    public static Tensor withOrigin(Tensor tensor, @Nullable Origin origin) {
        return ((StridedTensor) tensor).withOrigin(origin);
    }
}
