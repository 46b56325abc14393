package dev.lanewise.nn.profile;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Measures the operations of a piece of code, and the memory of the tensors that it makes.
 *
 * <p>{@snippet :
 * Profile profile = Profiler.record(() -> trainer.fit(data, 1));
 * System.out.println(profile);                              // a table by operation
 * System.out.println(profile.memoryTable());                // bytes by scope: steps, layers, gradients
 * profile.writeTrace(Path.of("trace.json"));                // for chrome://tracing and ui.perfetto.dev
 * }
 *
 * <p>For programs that run on, the JDK's Flight Recorder has the same as events {@code dev.lanewise.Operation} and
 * {@code dev.lanewise.TrainingStep}.
 */
public final class Profiler {
    private static final AtomicBoolean RECORDING = new AtomicBoolean();

    private Profiler() {}

    /**
     * Records all operations on the CPU, of all threads, while the code runs.
     *
     * @param code what is measured; its exceptions pass through
     * @return what was measured
     * @throws TensorException if the process is already recording
     */
    public static Profile record(Runnable code) {
        return record(List.of(Device.CPU), code);
    }

    /**
     * Records all operations on some devices, of all threads, while the code runs. A device that works on its own is
     * waited for after each operation, so that times are the operations' own; this makes the code take longer.
     *
     * @param devices the devices, each once
     * @param code what is measured; its exceptions pass through
     * @return what was measured
     * @throws TensorException if the process is already recording, or a device is there twice
     */
    public static Profile record(List<Device> devices, Runnable code) {
        Objects.requireNonNull(devices, "devices");
        Objects.requireNonNull(code, "code");
        if (Set.copyOf(devices).size() != devices.size()) {
            throw new TensorException(
                    "profiler: devices " + devices + " (expected each once); leave out the second mention");
        }
        if (!RECORDING.compareAndSet(false, true)) {
            throw new TensorException(
                    "profiler: the process is already recording (expected one recording at a time); end that one"
                            + " first");
        }
        List<RecordingBackend> backends = new ArrayList<>();
        Recording recording = new Recording();
        try {
            for (Device device : devices) {
                RecordingBackend backend = new RecordingBackend(Backends.of(device), recording);
                Backends.decorate(device, inner -> backend);
                backends.add(backend);
            }
            code.run();
        } finally {
            backends.forEach(backend -> Backends.decorate(backend.device(), outer -> backend.inner()));
            RECORDING.set(false);
        }
        return recording.profile();
    }
}
