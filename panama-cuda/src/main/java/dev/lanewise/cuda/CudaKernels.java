package dev.lanewise.cuda;

import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.kernel.KernelCompiler;
import dev.lanewise.cuda.kernel.KernelPrograms;
import dev.lanewise.cuda.kernel.KernelSource;
import java.nio.file.Path;
import java.util.List;

/** The kernels that the CUDA backend compiles on first use; here they can all be compiled ahead of time. */
public final class CudaKernels {
    private CudaKernels() {}

    /**
     * Compiles every kernel for a GPU, which need not be present, into a folder that processes are then given with
     * {@code -Dlanewise.cuda.cache} or {@code LANEWISE_CUDA_CACHE}. The code is used by processes whose NVRTC has the
     * same version as this one; any other compiles its own. Kernels that are already in the folder are not compiled
     * again. Takes a minute or two.
     *
     * @param architecture the GPU's compute capability: 90 for 9.0
     * @param folder the folder for the code
     * @return a one-line summary
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
