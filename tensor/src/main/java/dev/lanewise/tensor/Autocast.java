package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.CastRegion;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mixed precision (Micikevicius et al. 2017, arXiv:1710.03740): while a region is open, its thread's operations on F32,
 * F16 and BF16 tensors choose their type. Products, convolutions and attention run in 16 bits; softmax, norms, losses,
 * sums, means, exponentials, logarithms and powers run in F32; operations of several operands widen mixed ones to F32;
 * all others run in the type they are given. Parameters stay F32 and so do their gradients.
 *
 * <pre>{@code
 * try (var scope = Scope.open("step")) {
 *     Tensor loss = Autocast.run(DType.BF16, () -> model.forward(x).crossEntropy(y));
 *     optimizer.step(Autograd.gradients(loss));
 * }
 * }</pre>
 *
 * <p>A nested region, of the other type or {@link #off}, replaces the outer one until it closes. Watched tensors are
 * cast once per region and again after a change in place; the casts are released with the region. Gradients come in the
 * types of the forward pass, whether computed inside the region or after it. Operations in place and F64 tensors are left
 * as they are. F16 needs a scaled loss, since small gradients vanish in it; BF16 does not.
 */
public final class Autocast implements AutoCloseable {
    private final CastRegion region;

    private Autocast(@Nullable DType narrow) {
        region = CastRegion.open(narrow);
    }

    /**
     * Opens a region that casts to {@link DType#BF16}.
     *
     * @return the region, to be closed by the same thread
     */
    public static Autocast bf16() {
        return new Autocast(DType.BF16);
    }

    /**
     * Opens a region that casts to {@link DType#F16}.
     *
     * @return the region, to be closed by the same thread
     */
    public static Autocast f16() {
        return new Autocast(DType.F16);
    }

    /**
     * Opens a region in which nothing is cast.
     *
     * @return the region, to be closed by the same thread
     */
    public static Autocast off() {
        return new Autocast(null);
    }

    /**
     * Runs a computation in a region.
     *
     * @param <T> what the computation returns
     * @param narrow the 16-bit type, or null for none
     * @param body the computation
     * @return what the computation returned
     * @throws TensorException for any other type
     */
    public static <T> T run(@Nullable DType narrow, Supplier<T> body) {
        if (narrow == current()) {
            return body.get();
        }
        try (var ignored = new Autocast(narrow)) {
            return body.get();
        }
    }

    /** {@return the 16-bit type of the thread's innermost region, or null where nothing is cast} */
    public static @Nullable DType current() {
        return CastRegion.current();
    }

    /**
     * {@return a tensor for a computation that needs the range and precision of F32, such as a loss made of several
     * operations: cast to F32 if the thread's operations are cast and the tensor is narrower, unchanged otherwise}
     *
     * @param tensor an operand of such a computation
     */
    public static Tensor widened(Tensor tensor) {
        boolean narrow = tensor.dtype() == DType.F16 || tensor.dtype() == DType.BF16;
        return narrow && current() != null ? tensor.to(DType.F32) : tensor;
    }

    /**
     * Ends the region and releases its casts. Closing twice does nothing. Regions inside this one that are still open, because
     * they were opened without try-with-resources or the stack ended before they could close, end with it.
     *
     * @throws TensorException if there were such regions; or if another thread opened this one, then nothing ends
     */
    @Override
    public void close() {
        region.close();
    }
}
