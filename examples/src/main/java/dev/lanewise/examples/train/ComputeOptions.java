package dev.lanewise.examples.train;

import dev.lanewise.examples.Usage;
import dev.lanewise.nn.optim.CapturedStep;
import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that determine what computes. */
final class ComputeOptions {
    /** What the CPU backend takes at most. */
    private static final int MOST_THREADS = 4096;

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
            description = "With --graphs: steps that can't be captured run normally (Otherwise.EAGER).")
    private boolean orEager;

    /** Checks the options and applies them. */
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
        if (!CapturedStep.isSupported(compute.device())) {
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
            Usage.check(spec, "--threads", threads, threads >= 1 && threads <= MOST_THREADS, "1 to " + MOST_THREADS);
            System.setProperty("lanewise.threads", Integer.toString(threads));
        }
        // now rather than after the data has been read
        return (device.equals("auto") ? best() : named(spec)).requireAvailable();
    }

    private static Device best() {
        return Device.available().stream()
                .filter(candidate -> !candidate.isCpu())
                .findFirst()
                .orElse(Device.CPU);
    }

    private Device named(CommandSpec spec) {
        try {
            return Device.parse(device);
        } catch (TensorException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
    }
}
