package dev.lanewise.tensor;

import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Backends;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Where a tensor's memory is and its operations run.
 *
 * @param kind the kind of processor
 * @param index its number among those of its kind, from 0; always 0 for the CPU
 */
public record Device(Kind kind, int index) {
    /** The kinds of processors that tensors are kept and computed on. */
    public enum Kind {
        /** The host's processor. */
        CPU,
        /** An NVIDIA GPU. */
        CUDA
    }

    /** The host's processor, where tensors are made unless a device is given. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /**
     * Checks the index.
     *
     * @throws TensorException if the index is negative, or not 0 for the CPU
     */
    public Device {
        Objects.requireNonNull(kind, "kind");
        if (index < 0 || kind == Kind.CPU && index != 0) {
            throw new TensorException("device: index " + index + " of "
                    + kind.name().toLowerCase(Locale.ROOT) + " (expected 0 for the CPU, 0 or more for a GPU)");
        }
    }

    /**
     * {@return the GPU with the given index, from 0}
     *
     * @param index its number, from 0
     * @throws TensorException if the index is negative
     */
    public static Device cuda(int index) {
        return new Device(Kind.CUDA, index);
    }

    /**
     * Reads {@code cpu}, {@code cuda} (the first GPU) or {@code cuda:N}.
     *
     * @param text a name, in upper or lower case
     * @return the device; whether it exists is not checked
     * @throws TensorException for anything else
     */
    public static Device parse(String text) {
        String name = text.trim().toLowerCase(Locale.ROOT);
        if (name.equals("cpu")) {
            return CPU;
        }
        if (name.equals("cuda")) {
            return cuda(0);
        }
        if (name.matches("cuda:\\d{1,4}")) {
            return cuda(Integer.parseInt(name.substring(5)));
        }
        throw new TensorException("device: unknown device '" + text + "' (expected cpu, cuda or cuda:N)");
    }

    /**
     * {@return the devices that tensors can be on in this process, GPUs in order of their numbers; the CPU is absent if
     * its backend is missing} {@link #requireAvailable} says why a device is not among them.
     */
    public static List<Device> available() {
        return Backends.providers().stream()
                .filter(provider -> provider.availability() instanceof BackendProvider.Availability.Available)
                .flatMap(provider -> provider.devices().stream())
                .distinct()
                .sorted(Comparator.comparing(Device::kind).thenComparingInt(Device::index))
                .toList();
    }

    /**
     * Returns this device if tensors can be on it: to check a setting before work begins.
     *
     * @return this device
     * @throws BackendUnavailableException if no backend serves it, saying why and what to do
     */
    public Device requireAvailable() {
        Backends.of(this);
        return this;
    }

    /** {@return whether this is the host's processor} */
    public boolean isCpu() {
        return kind == Kind.CPU;
    }

    @Override
    public String toString() {
        return kind == Kind.CPU ? "cpu" : "cuda:" + index;
    }
}
