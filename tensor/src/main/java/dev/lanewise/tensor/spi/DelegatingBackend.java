package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A backend that delegates everything but its {@linkplain #recorder recorder} to another one: a decorator overrides
 * what it observes or changes.
 *
 * <pre>{@code
 * final class CountingBackend extends DelegatingBackend {
 *     final LongAdder runs = new LongAdder();
 *
 *     CountingBackend(Backend backend) {
 *         super(backend);
 *     }
 *
 *     @Override
 *     public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
 *         runs.increment();
 *         super.execute(op, inputs, outputs);
 *     }
 * }
 * }</pre>
 *
 * <p>{@link Backends#decorate} puts it in place.
 */
public abstract class DelegatingBackend implements Backend {
    private final Backend backend;

    /**
     * A decorator around another backend.
     *
     * @param backend the backend that does the work
     */
    protected DelegatingBackend(Backend backend) {
        this.backend = backend;
    }

    /** {@return the backend that does the work} */
    public final Backend inner() {
        return backend;
    }

    @Override
    public Device device() {
        return backend.device();
    }

    @Override
    public Buffer allocate(long bytes) {
        return backend.allocate(bytes);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        backend.execute(op, inputs, outputs);
    }

    @Override
    public boolean supports(Op.Fused op, Tensor[] inputs) {
        return backend.supports(op, inputs);
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        backend.copyIn(source, target, byteOffset);
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        backend.copyOut(source, byteOffset, target);
    }

    /** Empty: what is replayed would bypass the decorator. */
    @Override
    public Optional<StepRecorder> recorder() {
        return Optional.empty();
    }

    @Override
    public Optional<Collectives> collectives() {
        return backend.collectives();
    }

    @Override
    public void synchronize() {
        backend.synchronize();
    }

    @Override
    public void shutdown() {
        backend.shutdown();
    }

    @Override
    public BackendInfo describe() {
        return backend.describe();
    }
}
