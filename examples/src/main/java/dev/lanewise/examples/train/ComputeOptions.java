package dev.lanewise.examples.train;

import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.StepRecorder;
import java.util.Optional;
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

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description = "fp32, tf32 (products on a GPU), bf16 or f16 (mixed precision). Default: fp32.")
    private Precision precision = Precision.FP32;

    @Option(names = "--graphs", description = "Capture a training step once as a CUDA graph and replay it.")
    private boolean graphs;

    @Option(
            names = "--or-eager",
            description = "With --graphs: run steps that can't be captured as they are (Otherwise.EAGER).")
    private boolean orEager;

    /** Checks the options and makes them hold. */
    Compute apply(CommandSpec spec) {
        if (orEager && !graphs) {
            throw new ParameterException(spec.commandLine(), "--or-eager without --graphs (expected both or neither)");
        }
        // before a backend is made, which reads it
        if (precision == Precision.TF32) {
            System.setProperty("lanewise.cuda.tf32", "true");
        }
        Otherwise capture = !graphs ? null : orEager ? Otherwise.EAGER : Otherwise.ERROR;
        Compute compute = new Compute(device(spec), precision, capture);
        checkCapture(compute);
        return compute;
    }

    /** What can be known before the data is read. */
    private static void checkCapture(Compute compute) {
        if (compute.capture() != Otherwise.ERROR) {
            return;
        }
        Optional<StepRecorder> recorder = Backends.of(compute.device()).recorder();
        // it holds memory of the device; the trainer makes its own
        recorder.ifPresent(StepRecorder::close);
        if (recorder.isEmpty()) {
            throw new TensorException("train: --graphs: " + compute.device()
                    + " captures no steps (expected a GPU); leave it out, or add --or-eager");
        }
        if (compute.precision() == Precision.F16) {
            throw new TensorException("train: --graphs --precision f16: in F16 the host decides whether an update is"
                    + " made (expected fp32, tf32 or bf16); leave one out, or add --or-eager");
        }
    }

    private Device device(CommandSpec spec) {
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
