package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.internal.Ownership;
import dev.lanewise.tensor.internal.Reclaimer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A block of a device's memory that tensors look into, counted by what owns it: a scope, a tape, a parameter.
 *
 * <p>When the last owner lets go, the block goes back to the backend at once. A buffer whose owner is only the garbage
 * collector (it left every scope) goes back when it becomes unreachable; {@link Reclaimer} sees to it that this does not
 * wait for the Java heap to fill up.
 */
public abstract class Buffer {
    private static final VarHandle OWNERS;
    private static final VarHandle VERSION;

    static {
        try {
            OWNERS = MethodHandles.lookup().findVarHandle(Buffer.class, "owners", int.class);
            VERSION = MethodHandles.lookup().findVarHandle(Buffer.class, "version", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Device device;
    private final long bytes;
    private final Block block;

    @SuppressWarnings({"FieldMayBeFinal", "UnusedVariable"}) // used through OWNERS
    private volatile int owners;

    @SuppressWarnings("FieldMayBeFinal") // changed through VERSION
    private volatile int version;

    private volatile @Nullable String releasedBy;
    private volatile Cleaner.@Nullable Cleanable guard;
    private volatile @Nullable Object scope;
    private volatile boolean escaped;

    /**
     * A buffer without owner.
     *
     * @param device where the memory is
     * @param bytes its size
     * @param free gives the memory back; runs once, and must not refer to this buffer
     */
    protected Buffer(Device device, long bytes, Runnable free) {
        this.device = device;
        this.bytes = bytes;
        this.block = new Block(free);
    }

    /** The device whose memory this is. */
    public final Device device() {
        return device;
    }

    /** The size in bytes. */
    public final long bytes() {
        return bytes;
    }

    /** How often the contents were changed in place. A tape compares it to find saved tensors that went stale. */
    public final int version() {
        return version;
    }

    /** Notes that the contents were changed in place. */
    public final void bumpVersion() {
        VERSION.getAndAdd(this, 1);
    }

    /** Gives the buffer to the thread's innermost scope, or to the garbage collector where there is none. */
    public final void adopt() {
        Ownership.adopt(this);
    }

    /** Adds an owner that gives the buffer back by {@link #release}. */
    public final void retain() {
        OWNERS.getAndAdd(this, 1);
    }

    /**
     * Takes one owner away; without owners the memory goes back to its device.
     *
     * @param owner who lets go, for the error that a later use gets
     */
    public final void release(String owner) {
        int left = (int) OWNERS.getAndAdd(this, -1) - 1;
        if (left == 0) {
            releasedBy = owner;
            Cleaner.Cleanable cleanable = guard;
            if (cleanable != null) {
                cleanable.clean();
            } else {
                block.run();
            }
        }
        assert left >= 0 : "released more often than retained, last by " + owner;
    }

    /**
     * Makes reachability an additional safety net: should the buffer become unreachable with owners left (a tape that
     * was never walked, a tensor outside every scope), its memory still goes back.
     */
    public final void guardByCollector() {
        if (guard == null) {
            guard = Reclaimer.watch(this, block, bytes);
        }
    }

    /** Whether the memory has been given back. */
    public final boolean isReleased() {
        return releasedBy != null;
    }

    /**
     * Checks that the memory is still held.
     *
     * @throws ReleasedTensorException naming who released it
     */
    public final void checkAlive() {
        String owner = releasedBy;
        if (owner != null) {
            throw new ReleasedTensorException("tensor of " + bytes + " bytes on " + device + " was released by " + owner
                    + "; keep it with scope.keep(tensor) before the scope closes");
        }
    }

    /** The scope that owns this buffer, or null. */
    public final @Nullable Object scope() {
        return scope;
    }

    /** Whether the garbage collector is the owner: the buffer left every scope. */
    public final boolean isEscaped() {
        return escaped;
    }

    /** Notes whether the garbage collector is the owner. Only scopes call this. */
    public final void escaped(boolean newEscaped) {
        escaped = newEscaped;
    }

    /** Notes the scope that owns this buffer. Only scopes call this. */
    public final void scope(@Nullable Object newScope) {
        scope = newScope;
    }

    /** The memory, apart from the buffer, so that freeing it does not keep the buffer reachable. */
    private static final class Block implements Runnable {
        private final Runnable free;
        private final AtomicBoolean freed = new AtomicBoolean();

        Block(Runnable free) {
            this.free = free;
        }

        @Override
        public void run() {
            if (freed.compareAndSet(false, true)) {
                free.run();
            }
        }
    }
}
