package dev.lanewise.bench;

import dev.lanewise.bench.fuzz.FuzzCommand;
import dev.lanewise.bench.gpu.GpuCheckCommand;
import dev.lanewise.bench.gpu.GpuCompileCommand;
import dev.lanewise.bench.scaling.ScalingCommand;
import dev.lanewise.bench.serving.SoakCommand;
import dev.lanewise.bench.steady.SteadyCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench}: measurements and comparisons. */
@Command(
        name = "bench",
        description = "Measure operations and training steps, and compare with PyTorch and ONNX Runtime.",
        subcommands = {
            OpsCommand.class,
            TrainCommand.class,
            ProfileCommand.class,
            CompareCommand.class,
            VersusCommand.class,
            SteadyCommand.class,
            OnnxRuntimeCommand.class,
            ServeLoadCommand.class,
            SoakCommand.class,
            ScalingCommand.class,
            ColdCommand.class,
            MemoryCommand.class,
            SparseCommand.class,
            JmhCommand.class,
            GpuCheckCommand.class,
            GpuCompileCommand.class,
            FuzzCommand.class
        },
        sortOptions = false)
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    BenchCommand() {}

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "bench: what? (expected one of " + spec.subcommands().keySet() + ")");
    }
}
