package dev.lanewise.cuda;

import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.kernel.KernelCompiler;
import dev.lanewise.cuda.kernel.KernelPrograms;
import dev.lanewise.cuda.kernel.KernelSource;
import java.nio.file.Path;
import java.util.List;

/** The kernels that the CUDA backend compiles when they are first asked for, and compiling them all ahead of that. */
public final class CudaKernels {
    private CudaKernels() {}

    /**
     * Compiles every kernel for a GPU, which need not be here, into a folder that processes are then given with {@code
     * -Dlanewise.cuda.cache} or {@code LANEWISE_CUDA_CACHE}. The code is found by processes whose NVRTC has the version of
     * this one; any other compiles its own. What the folder holds already is not compiled again. Takes a minute or two.
     *
     * @param architecture the GPU's compute capability: 90 for 9.0
     * @param folder where the code goes
     * @return what was done, in one line
     * @throws dev.lanewise.tensor.TensorException if NVRTC is missing, or refuses a kernel
     */
    public static String compileAhead(int architecture, Path folder) {
        Nvrtc nvrtc = Nvrtc.open();
        KernelCompiler compiler = new KernelCompiler(nvrtc, new CodeCache(folder));
        List<KernelSource> programs = KernelPrograms.all();
        long bytes = programs.parallelStream()
                .mapToLong(program -> compiler.compile(program, architecture).length)
                .sum();
        return programs.size() + " programs for sm_" + architecture + " by NVRTC " + nvrtc.version() + ", "
                + bytes / 1000 + " kB";
    }
}
