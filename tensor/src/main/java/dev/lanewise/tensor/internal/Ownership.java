package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Buffer;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The buffers that one scope owns, and the stack of a thread's open scopes.
 *
 * <p>A thread that ends with a scope open leaves it unreachable; the collector then owns what was in it.
 */
public final class Ownership {
    private static final ThreadLocal<@Nullable Ownership> INNERMOST = new ThreadLocal<>();

    private final Thread thread = Thread.currentThread();
    private final @Nullable Ownership parent = innermost();
    private final Held held;
    private Cleaner.@Nullable Cleanable guard;
    private boolean closed;

    private Ownership(String name) {
        this.held = new Held(name);
    }

    /** Opens a scope inside the thread's innermost one. */
    public static Ownership open(String name) {
        Ownership scope = new Ownership(name);
        INNERMOST.set(scope);
        return scope;
    }

    /** The thread's innermost open scope. One whose end was cut short, when the stack or the heap ended, is passed over. */
    private static @Nullable Ownership innermost() {
        Ownership scope = INNERMOST.get();
        while (scope != null && scope.closed) {
            scope = scope.parent;
        }
        return scope;
    }

    /** The names of the thread's open scopes, the outermost first. */
    public static List<String> openNames() {
        List<String> names = new ArrayList<>();
        for (Ownership scope = innermost(); scope != null; scope = scope.parent) {
            names.add(scope.held.name);
        }
        Collections.reverse(names);
        return names;
    }

    /** The scope's name. */
    public String name() {
        return held.name;
    }

    /**
     * Gives a new buffer to the thread's innermost scope, or to the garbage collector where there is none. Does nothing
     * if the buffer has a holder.
     */
    public static void adopt(Buffer buffer) {
        try {
            giveOwner(buffer);
        } catch (StackOverflowError | OutOfMemoryError e) {
            buffer.discard();
            throw e;
        }
    }

    /** As {@link #adopt} for a buffer that this thread has just allocated, so that no other one knows it. */
    static void adoptNew(Buffer buffer) {
        try {
            Ownership scope = innermost();
            if (scope != null && buffer.begin(scope.held)) {
                scope.add(buffer);
            } else {
                giveOwner(buffer);
            }
        } catch (StackOverflowError | OutOfMemoryError e) {
            buffer.discard();
            throw e;
        }
    }

    private static void giveOwner(Buffer buffer) {
        Ownership scope = innermost();
        if (scope == null) {
            buffer.escape();
            return;
        }
        buffer.retain();
        if (buffer.passOn(null, scope.held)) {
            scope.add(buffer);
        } else {
            buffer.release();
        }
    }

    /**
     * Moves a buffer that left every scope into the thread's innermost scope, if there is one. If several threads try,
     * one succeeds.
     */
    public static void takeOver(Buffer buffer) {
        buffer.checkAlive();
        Ownership scope = innermost();
        if (scope != null && buffer.claim(scope.held)) {
            scope.add(buffer);
        }
    }

    /** Takes a buffer out of its scope: from now on it lives as long as it is reachable. */
    public static void escape(Buffer buffer) {
        buffer.escape();
    }

    /**
     * Hands a buffer of this scope to the enclosing one; does nothing for other buffers.
     *
     * @throws TensorException if another thread opened this scope
     */
    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    public void keep(Buffer buffer) {
        if (buffer.scope() != held) {
            return;
        }
        if (Thread.currentThread() != thread) {
            throw new TensorException("scope '" + held.name + "': keep called by another thread (expected the one that"
                    + " opened it); take the tensor out of every scope with tensor.keep()");
        }
        if (parent == null) {
            buffer.escape();
        } else if (buffer.passOn(held, parent.held)) {
            parent.add(buffer);
        }
    }

    /** The bytes of a device that the thread's open scopes own, by name, the innermost first. */
    public static Map<String, Long> held(Device device) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (Ownership scope = innermost(); scope != null; scope = scope.parent) {
            for (Buffer buffer : scope.held.buffers) {
                if (buffer.scope() == scope.held && buffer.device().equals(device)) {
                    bytes.merge(scope.held.name, buffer.bytes(), Long::sum);
                }
            }
        }
        return bytes;
    }

    /**
     * Releases what this scope still owns, and what those inside it own that were left open.
     *
     * @throws TensorException if there were any; or if another thread opened this scope, then nothing is released
     */
    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    public void close() {
        if (closed) {
            return;
        }
        if (Thread.currentThread() != thread) {
            throw new TensorException(
                    "scope '" + held.name + "': closed by another thread (expected the one that opened"
                            + " it); open scopes with try-with-resources");
        }
        Ownership innermost = innermost();
        // nobody else can close them any more, and a service's thread goes on
        try {
            for (Ownership scope = innermost; scope != this && scope != null; scope = scope.parent) {
                scope.end();
            }
        } finally {
            end();
        }
        if (innermost != null && innermost != this) {
            throw new TensorException("scope '" + held.name + "': closed out of order, with '" + innermost.held.name
                    + "' open inside it (expected the innermost scope of its thread), so both are closed now; open"
                    + " scopes with try-with-resources");
        }
    }

    private void end() {
        // first, and without a call: where the stack ends below, the scope counts as closed, and the collector finds it
        closed = true;
        if (parent == null) {
            INNERMOST.remove();
        } else {
            INNERMOST.set(parent);
        }
        held.release();
        if (guard != null) {
            guard.clean();
        }
    }

    private void add(Buffer buffer) {
        if (guard == null) {
            guard = Reclaimer.watch(this, held);
        }
        held.buffers.add(buffer);
    }

    /** A scope's buffers, held apart from the scope so that they do not keep it reachable. */
    private static final class Held implements Runnable {
        private final String name;
        private final ArrayList<Buffer> buffers = new ArrayList<>();

        /** The one that is being released: should an error cut this short, nobody knows how far it came. */
        private @Nullable Buffer current;

        Held(String name) {
            this.name = name;
        }

        /** Releases the buffers, the newest first. */
        void release() {
            // no +, whose first use initializes classes: where the stack ends in that, they are broken for good
            String owner = "scope '".concat(name).concat("'");
            for (int i = buffers.size() - 1; i >= 0; i--) {
                Buffer buffer = buffers.get(i);
                current = buffer;
                if (buffer.passOn(this, null)) {
                    buffer.release(owner);
                }
            }
            current = null;
            buffers.clear();
        }

        /** Hands what is left to the collector: the scope's thread has ended, others may still use its tensors. */
        @Override
        public void run() {
            if (!buffers.isEmpty()) {
                Reclaimer.orphaned(this::handOn);
            }
        }

        private void handOn() {
            if (current != null) {
                current.guardByCollector();
            }
            for (Buffer buffer : buffers) {
                if (buffer.scope() == this) {
                    try {
                        buffer.escape();
                    } catch (ReleasedTensorException e) {
                        // someone released what the scope owned; there is nothing left to hand on
                    }
                }
            }
            buffers.clear();
        }
    }
}
