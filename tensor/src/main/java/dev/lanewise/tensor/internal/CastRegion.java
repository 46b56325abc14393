package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Origin;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The stack of a thread's open regions of automatic casts; see {@link dev.lanewise.tensor.Autocast}. */
public final class CastRegion {
    /** Regions open in the process: while there are none, an operation costs one read of this. */
    private static final AtomicInteger OPEN = new AtomicInteger();

    private static final ThreadLocal<@Nullable CastRegion> INNERMOST = new ThreadLocal<>();

    private final Thread thread = Thread.currentThread();
    private final @Nullable CastRegion parent = innermost();
    private final @Nullable DType narrow;
    private final LeafCasts casts;
    private final boolean ownsCasts;
    private boolean closed;

    private CastRegion(@Nullable DType narrow) {
        this.narrow = narrow;
        CastRegion same = parent;
        while (same != null && same.narrow != narrow) {
            same = same.parent;
        }
        ownsCasts = same == null;
        casts = same == null ? new LeafCasts() : same.casts;
    }

    /** Opens a region inside the thread's innermost one; if the type is null, nothing is cast in it. */
    public static CastRegion open(@Nullable DType narrow) {
        if (narrow != null && narrow != DType.F16 && narrow != DType.BF16) {
            throw new TensorException("autocast: can't cast to " + narrow + " (expected F16, BF16 or none); compute in "
                    + narrow + " by giving the model and its inputs that type");
        }
        CastRegion region = new CastRegion(narrow);
        INNERMOST.set(region);
        OPEN.getAndIncrement();
        return region;
    }

    /** The thread's innermost open region. One whose end was cut short, when the stack ended, is passed over. */
    private static @Nullable CastRegion innermost() {
        CastRegion region = OPEN.get() == 0 ? null : INNERMOST.get();
        while (region != null && region.closed) {
            region = region.parent;
        }
        return region;
    }

    /** The thread's 16-bit type, or null. */
    public static @Nullable DType current() {
        CastRegion region = innermost();
        return region == null ? null : region.narrow;
    }

    /** The operands in the types that the thread's innermost region gives the operation. */
    static Tensor[] cast(Op op, Tensor[] operands) {
        CastRegion region = innermost();
        if (region == null || region.narrow == null) {
            return operands;
        }
        DType target = CastPolicy.of(op).target(region.narrow, operands);
        return target == null ? operands : region.cast(operands, target);
    }

    /**
     * Leaves the thread's region for a while: the parts of an operation, in a backend or in its decomposition, run in
     * the types that were chosen for the whole.
     *
     * @return the region, for {@link #resume}
     */
    static @Nullable CastRegion suspend() {
        CastRegion region = innermost();
        if (region != null) {
            INNERMOST.set(null);
        }
        return region;
    }

    /** Goes back to the region that was left. */
    static void resume(@Nullable CastRegion region) {
        if (region != null) {
            INNERMOST.set(region);
        }
    }

    private Tensor[] cast(Tensor[] operands, DType target) {
        Tensor[] cast = operands.clone();
        for (int i = 0; i < cast.length; i++) {
            if (cast[i].dtype().isFloating() && cast[i].dtype() != target) {
                Origin origin = ((StridedTensor) cast[i]).origin();
                cast[i] = origin != null && origin.isLeaf() && target == narrow
                        ? casts.of((StridedTensor) cast[i], origin, target)
                        : cast[i].to(target);
            }
        }
        return cast;
    }

    /**
     * Ends the region, and those inside it that were left open.
     *
     * @throws TensorException if there were any; or if another thread opened this region, then nothing ends
     */
    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    public void close() {
        if (closed) {
            return;
        }
        if (Thread.currentThread() != thread) {
            throw new TensorException(
                    "autocast: closed by another thread (expected the one that opened the region); open"
                            + " regions with try-with-resources");
        }
        CastRegion innermost = innermost();
        // nobody else can close them any more, and what the thread computes next must not be cast
        for (CastRegion region = innermost; region != this && region != null; region = region.parent) {
            region.end();
        }
        end();
        if (innermost != null && innermost != this) {
            throw new TensorException(
                    "autocast: closed out of order, with a region open inside (expected the innermost one"
                            + " of its thread), so both are closed now; open regions with try-with-resources");
        }
    }

    private void end() {
        // first, and without a call: where the stack ends below, the region counts as closed
        closed = true;
        if (parent == null) {
            INNERMOST.remove();
        } else {
            INNERMOST.set(parent);
        }
        OPEN.getAndDecrement();
        if (ownsCasts) {
            casts.release();
        }
    }
}
