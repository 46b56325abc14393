package dev.lanewise.examples.train;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Backends;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what computes. */
final class ComputeOptions {
    @Option(names = "--device", paramLabel = "DEVICE", description = "auto, cpu or cuda:N. Default: auto.")
    private String device = "auto";

    @Option(names = "--threads", paramLabel = "N", description = "Threads of the CPU backend. Default: all cores.")
    private @Nullable Integer threads;

    /** Checks the options and makes them hold; the device to compute on. */
    Device apply(CommandSpec spec) {
        if (threads != null) {
            if (threads < 1) {
                throw new ParameterException(spec.commandLine(), "--threads " + threads + " (expected 1 or more)");
            }
            System.setProperty("lanewise.threads", Integer.toString(threads));
        }
        return device.equals("auto") ? best() : named(spec);
    }

    private static Device best() {
        return Backends.providers().stream()
                .filter(p -> p.kind() == Device.Kind.CUDA
                        && p.availability() instanceof BackendProvider.Availability.Available)
                .flatMap(p -> p.devices().stream())
                .findFirst()
                .orElse(Device.CPU);
    }

    private Device named(CommandSpec spec) {
        Device parsed;
        try {
            parsed = Device.parse(device);
        } catch (TensorException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
        Backends.of(parsed);
        return parsed;
    }
}
