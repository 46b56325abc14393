package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.internal.Loan;
import dev.lanewise.tensor.internal.Ownership;
import dev.lanewise.tensor.internal.Reclaimer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A block of a device's memory that tensors look into, with a count of its owners: a scope, a tape, a parameter.
 *
 * <p>When the last owner lets go, the block goes back to the backend at once. A buffer whose owner is only the garbage
 * collector (it left every scope) goes back when it becomes unreachable; {@link Reclaimer} makes sure that this does
 * not wait for the Java heap to fill up.
 */
public abstract class Buffer {
    private static final VarHandle OWNERS;
    private static final VarHandle VERSION;
    private static final VarHandle HOLDER;

    /** The holder of a buffer that left every scope. */
    private static final Object COLLECTOR = new Object();

    /** The count of a buffer whose memory was given back: it stays negative whatever late callers add or subtract. */
    private static final int RELEASED = Integer.MIN_VALUE / 2;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            OWNERS = lookup.findVarHandle(Buffer.class, "owners", int.class);
            VERSION = lookup.findVarHandle(Buffer.class, "version", int.class);
            HOLDER = lookup.findVarHandle(Buffer.class, "holder", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Device device;
    private final long bytes;
    private final Block block;

    @SuppressWarnings("FieldMayBeFinal") // changed through OWNERS
    private volatile int owners;

    @SuppressWarnings("FieldMayBeFinal") // changed through VERSION
    private volatile int version;

    /** Who released it last; a plain field that only an error's message reads. */
    private @Nullable String releasedBy;

    private volatile Cleaner.@Nullable Cleanable guard;

    @SuppressWarnings("FieldMayBeFinal") // changed through HOLDER
    private volatile @Nullable Object holder;

    /**
     * A buffer without an owner.
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

    /** {@return the device whose memory this is} */
    public final Device device() {
        return device;
    }

    /** {@return the size of the memory in bytes} */
    public final long bytes() {
        return bytes;
    }

    /**
     * {@return how often the contents were changed in place} A tape compares it to find saved tensors that have become
     * stale.
     */
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

    /**
     * Adds an owner that gives the buffer back by {@link #release}. Every operation is an owner while it runs, so that
     * another thread that closes the scope can't free memory that a kernel is using.
     *
     * @throws ReleasedTensorException if the memory has been given back
     */
    public final void retain() {
        if ((int) OWNERS.getAndAdd(this, 1) < 0) {
            OWNERS.getAndAdd(this, -1);
            throw released();
        }
    }

    /**
     * Removes one owner; when there is none left, the memory goes back to its device.
     *
     * @param owner who releases it, for the error that a later use gets
     */
    public final void release(String owner) {
        releasedBy = owner;
        release();
    }

    /** Removes one owner whose name would tell a user nothing: an operation that has run. */
    public final void release() {
        if (owners == 1 && OWNERS.compareAndSet(this, 1, RELEASED)) {
            giveBack();
            return;
        }
        int left = (int) OWNERS.getAndAdd(this, -1) - 1;
        // a thread that retains between the two statements keeps the memory, and has to free it
        if (left == 0 && OWNERS.compareAndSet(this, 0, RELEASED)) {
            giveBack();
        }
        assert left >= 0 || left < RELEASED / 2 : "released more often than retained, last by " + releasedBy;
    }

    private void giveBack() {
        try {
            Cleaner.Cleanable cleanable = guard;
            if (cleanable != null) {
                cleanable.clean();
            } else {
                block.run();
            }
        } catch (StackOverflowError | OutOfMemoryError e) {
            block.abandon();
            throw e;
        }
    }

    /** Gives the memory of a new buffer back that no owner could be found for, because the stack or the heap has ended. */
    public final void discard() {
        OWNERS.setVolatile(this, RELEASED);
        giveBack();
    }

    /**
     * Makes reachability an additional safety net: should the buffer become unreachable with owners left (a tape that
     * was never walked, a tensor outside every scope), its memory still goes back.
     */
    public final void guardByCollector() {
        if (guard == null && watch()) {
            Reclaimer.relieve();
        }
    }

    private synchronized boolean watch() {
        if (guard != null) {
            return false;
        }
        guard = Reclaimer.watch(this, block, bytes);
        return true;
    }

    /**
     * Notes what is to be told when the memory has been given back; one listener at most. It is not told if that has happened
     * before.
     *
     * @param listener runs once, on the thread that gives the memory back; it must not refer to this buffer, nor throw
     */
    public final void whenFreed(Runnable listener) {
        block.listener = listener;
    }

    /**
     * {@return what a backend keeps beside this memory, or null} For example, the contents in another layout.
     */
    public final @Nullable Companion companion() {
        return block.companion;
    }

    /**
     * Notes what a backend keeps beside this memory, unless something is noted; for operations that own the buffer while they
     * run.
     *
     * @param companion is told when the memory has been given back; it must not refer to this buffer
     * @return what is noted now
     */
    public final Companion accompany(Companion companion) {
        return block.accompany(Objects.requireNonNull(companion, "companion"));
    }

    /** What a backend keeps beside a buffer's memory. */
    public interface Companion {
        /** The memory has been given back: what was kept beside it is no longer needed. Must not throw. */
        void memoryFreed();
    }

    /** {@return whether the memory has been given back} */
    public final boolean isReleased() {
        return owners < 0;
    }

    /**
     * Checks that the memory is still held. Only {@link #retain} ensures that it stays so.
     *
     * @throws ReleasedTensorException naming who released it
     */
    public final void checkAlive() {
        if (owners < 0) {
            throw released();
        }
    }

    private ReleasedTensorException released() {
        String owner = releasedBy;
        return new ReleasedTensorException("tensor of " + bytes + " bytes on " + device + " was released by "
                + (owner == null ? "its owner" : owner) + "; keep it with scope.keep(tensor) before the scope closes");
    }

    /** {@return what owns this buffer for its thread: a scope, or null if nothing or the garbage collector does} */
    @SuppressWarnings("ReferenceEquality") // identity: there is only one marker
    public final @Nullable Object scope() {
        Object current = holder;
        return current == COLLECTOR ? null : current;
    }

    /** {@return whether the garbage collector is the owner: the buffer left every scope} */
    @SuppressWarnings("ReferenceEquality") // identity: there is only one marker
    public final boolean isEscaped() {
        return holder == COLLECTOR;
    }

    /**
     * Gives a new buffer, which no other thread knows yet, to its first scope; false if it is not new. Only scopes call
     * this.
     *
     * @param scope the owner
     * @return whether the buffer had neither owner nor holder
     */
    public final boolean begin(Object scope) {
        boolean isNew = owners == 0 && holder == null;
        if (isNew) {
            // not atomic: who gets to know the buffer later sees both through the final field of its tensor
            OWNERS.setRelease(this, 1);
            HOLDER.setRelease(this, scope);
        }
        return isNew;
    }

    /**
     * Passes the buffer on from one scope to another; false if the first scope does not, or no longer, own it. Only
     * scopes call this.
     *
     * @param from the scope that must own it, or null
     * @param to the new owner, or null for none
     * @return whether the first scope owned it
     */
    public final boolean passOn(@Nullable Object from, @Nullable Object to) {
        return HOLDER.compareAndSet(this, from, to);
    }

    /**
     * Gives the buffer to the garbage collector, whoever held it: it lives as long as it is reachable.
     *
     * @throws ReleasedTensorException if the memory has been given back
     */
    public final void escape() {
        boolean passed = isEscaped();
        while (!passed) {
            Object before = holder;
            retain();
            passed = HOLDER.compareAndSet(this, before, COLLECTOR);
            if (!passed || before != null) {
                // the collector takes what the scope owned, unless that scope closed in between
                release();
            }
            passed |= isEscaped();
        }
        guardByCollector();
    }

    /**
     * Takes a buffer from the garbage collector into a scope; false if it has another holder. Only scopes call this.
     *
     * @param scope the new owner
     * @return whether the garbage collector held it
     */
    public final boolean claim(Object scope) {
        return HOLDER.compareAndSet(this, COLLECTOR, scope);
    }

    /** The memory, held apart from the buffer so that freeing it does not keep the buffer reachable. */
    private static final class Block implements Runnable {
        private final Runnable free;
        private final AtomicBoolean freed = new AtomicBoolean();
        private volatile @Nullable Runnable listener;
        private volatile @Nullable Companion companion;

        Block(Runnable free) {
            this.free = free;
        }

        @Override
        public void run() {
            if (freed.compareAndSet(false, true)) {
                free.run();
                Runnable told = listener;
                if (told != null) {
                    told.run();
                }
                Companion beside = companion;
                if (beside != null) {
                    beside.memoryFreed();
                }
            }
        }

        synchronized Companion accompany(Companion candidate) {
            Companion noted = companion;
            if (noted == null) {
                noted = candidate;
                companion = noted;
            }
            return noted;
        }

        /** After an error while it ran. */
        void abandon() {
            if (free instanceof Loan loan) {
                loan.abandon();
            }
        }
    }
}
