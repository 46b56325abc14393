package dev.lanewise.bench.gpu;

import dev.lanewise.cuda.CudaKernels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lanewise bench gpu-compile}. */
@Command(
        name = "gpu-compile",
        description = "Compile every CUDA kernel ahead of time, for GPUs that need not be present, into a folder that"
                + " LANEWISE_CUDA_CACHE then names. Needs NVRTC.",
        sortOptions = false)
public final class GpuCompileCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--to", paramLabel = "DIR", required = true, description = "The folder for the code.")
    private Path folder = Path.of("");

    @Option(
            names = "--architectures",
            paramLabel = "N",
            split = ",",
            description = "Compute capabilities, separated by commas. Default: 90.")
    private List<Integer> architectures = List.of(90);

    /** Made by the command line. */
    public GpuCompileCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (int architecture : architectures) {
            out.println(CudaKernels.compileAhead(architecture, folder));
            out.flush();
        }
        return 0;
    }
}
