package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one scope owns, and the stack of a thread's open scopes. */
public final class Ownership {
    private static final ThreadLocal<@Nullable Ownership> INNERMOST = new ThreadLocal<>();

    private final String name;
    private final Thread thread = Thread.currentThread();
    private final @Nullable Ownership parent = INNERMOST.get();
    private final ArrayList<Buffer> buffers = new ArrayList<>();
    private boolean closed;

    private Ownership(String name) {
        this.name = name;
    }

    /** Opens a scope inside the thread's innermost one. */
    public static Ownership open(String name) {
        Ownership scope = new Ownership(name);
        INNERMOST.set(scope);
        return scope;
    }

    /** The scope's name. */
    public String name() {
        return name;
    }

    /** Gives a new buffer to the thread's innermost scope, or to the garbage collector where there is none. */
    public static void adopt(Buffer buffer) {
        buffer.retain();
        Ownership scope = INNERMOST.get();
        if (scope == null) {
            escape(buffer);
        } else {
            scope.add(buffer);
        }
    }

    /** Moves a buffer that left every scope into the thread's innermost scope, if there is one. */
    public static void takeOver(Buffer buffer) {
        Ownership scope = INNERMOST.get();
        if (scope != null && buffer.isEscaped()) {
            buffer.escaped(false);
            scope.add(buffer);
        }
    }

    /** Takes a buffer out of its scope: from now on it lives as long as it is reachable. */
    public static void escape(Buffer buffer) {
        buffer.scope(null);
        buffer.escaped(true);
        buffer.guardByCollector();
    }

    /** Hands a buffer of this scope to the enclosing one; does nothing for other buffers. */
    public void keep(Buffer buffer) {
        if (buffer.scope() == this) {
            if (parent == null) {
                escape(buffer);
            } else {
                parent.add(buffer);
            }
        }
    }

    /** The bytes of a device that the thread's open scopes own, by name, the innermost first. */
    public static Map<String, Long> held(Device device) {
        Map<String, Long> held = new LinkedHashMap<>();
        for (Ownership scope = INNERMOST.get(); scope != null; scope = scope.parent) {
            for (Buffer buffer : scope.buffers) {
                if (buffer.scope() == scope && buffer.device().equals(device)) {
                    held.merge(scope.name, buffer.bytes(), Long::sum);
                }
            }
        }
        return held;
    }

    /** Releases what this scope still owns. */
    @SuppressWarnings("ReferenceEquality") // threads are compared, not their contents
    public void close() {
        if (closed) {
            return;
        }
        if (Thread.currentThread() != thread || INNERMOST.get() != this) {
            throw new TensorException("scope '" + name + "': closed out of order or by another thread (expected the"
                    + " innermost scope of its own thread); open scopes with try-with-resources");
        }
        closed = true;
        if (parent == null) {
            INNERMOST.remove();
        } else {
            INNERMOST.set(parent);
        }
        String owner = "scope '" + name + "'";
        for (int i = buffers.size() - 1; i >= 0; i--) {
            Buffer buffer = buffers.get(i);
            if (buffer.scope() == this) {
                buffer.scope(null);
                buffer.release(owner);
            }
        }
        buffers.clear();
    }

    private void add(Buffer buffer) {
        buffer.scope(this);
        buffers.add(buffer);
    }
}
