package dev.lanewise.cuda.api;

import java.util.function.Consumer;

/**
 * A native object and how it is destroyed: {@code try (var stream = Owned.of(driver.createStream(), driver::destroy))}.
 *
 * @param <H> the handle's type
 */
public final class Owned<H> implements AutoCloseable {
    private final H handle;
    private final Consumer<? super H> destroy;
    private boolean closed;

    private Owned(H handle, Consumer<? super H> destroy) {
        this.handle = handle;
        this.destroy = destroy;
    }

    /** Owns {@code handle} until closed. */
    public static <H> Owned<H> of(H handle, Consumer<? super H> destroy) {
        return new Owned<>(handle, destroy);
    }

    /**
     * The native object.
     *
     * @throws IllegalStateException once closed
     */
    public synchronized H get() {
        if (closed) {
            throw new IllegalStateException(handle + " has been destroyed");
        }
        return handle;
    }

    /** Destroys the native object; the second time does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            destroy.accept(handle);
        }
    }
}
