package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Ownership;
import dev.lanewise.tensor.spi.Storage;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * Owns the tensors that its thread makes while it is the innermost open scope, and releases their memory when it closes.
 *
 * <pre>{@code
 * try (var scope = Scope.open("predict")) {
 *     Tensor logits = model.forward(x);
 *     return scope.keep(logits.softmax(1)); // goes to the enclosing scope
 * }
 * }</pre>
 *
 * <p>Outside every scope a tensor lives as long as it is reachable. A scope belongs to the thread that opened it.
 */
public final class Scope implements AutoCloseable {
    private final Ownership ownership;

    private Scope(String name) {
        ownership = Ownership.open(name);
    }

    /**
     * Opens a scope inside the thread's innermost one.
     *
     * @return the scope, to be closed by the same thread
     */
    public static Scope open() {
        return open("unnamed");
    }

    /**
     * Opens a scope inside the thread's innermost one.
     *
     * @param name appears in the error message when a released tensor is used
     * @return the scope, to be closed by the same thread
     */
    public static Scope open(String name) {
        return new Scope(Objects.requireNonNull(name, "name"));
    }

    /** {@return the name given when the scope was opened} */
    public String name() {
        return ownership.name();
    }

    /** {@return the names of the scopes that this thread has open, the outermost first} */
    public static List<String> openNames() {
        return Ownership.openNames();
    }

    /**
     * Hands a tensor of this scope to the enclosing scope or, if there is none, to the garbage collector. A
     * tensor that this scope does not own stays where it is.
     *
     * @param tensor one that this scope owns, or any other
     * @return the same tensor
     */
    public Tensor keep(Tensor tensor) {
        ownership.keep(Storage.buffer(tensor));
        return tensor;
    }

    /**
     * Moves a tensor that no scope owns, for example one that another thread {@linkplain Tensor#keep kept}, into the
     * thread's innermost scope. No other code may rely on it afterwards.
     *
     * @param tensor one that no scope owns
     * @return the same tensor
     */
    public static Tensor adopt(Tensor tensor) {
        Ownership.takeOver(Storage.buffer(tensor));
        return tensor;
    }

    /**
     * {@linkplain #keep(Tensor) Keeps} each tensor; returns the same collection.
     *
     * @param <C> the kind of collection
     * @param tensors the tensors to hand on
     * @return the same collection
     */
    public <C extends Collection<? extends Tensor>> C keepAll(C tensors) {
        tensors.forEach(this::keep);
        return tensors;
    }

    /**
     * Releases what this scope still owns. Closing twice does nothing. Scopes inside this one that are still open, because
     * they were opened without try-with-resources or the stack ended before they could close, are closed with it.
     *
     * @throws TensorException if there were such scopes; or if another thread opened this one, then nothing is closed
     */
    @Override
    public void close() {
        ownership.close();
    }
}
