package dev.lanewise.onnx;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The first tensor of a process, which is made beside the reading of the first model: until then the CPU's backend is found, and the
 * calls into the system are prepared that give it memory, which together take as long.
 */
final class FirstTensor {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private FirstTensor() {}

    /** Begins to make it, once, and does not wait. */
    static void prepare() {
        if (!BEGUN.getAndSet(true)) {
            try {
                Thread.ofPlatform().daemon().name("lanewise-first-tensor").start(FirstTensor::make);
            } catch (OutOfMemoryError e) {
                // no thread can be started: the first operation does it
            }
        }
    }

    private static void make() {
        try (Scope ignored = Scope.open("first tensor")) {
            Tensor.full(0, DType.F32, Device.CPU);
        } catch (RuntimeException | LinkageError e) {
            // whoever makes the next tensor gets the same error, where it can be handled
        }
    }
}
