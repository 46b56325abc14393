package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.util.List;

/** NVRTC: compiles CUDA C at run time, on machines without a GPU too. */
public interface Nvrtc {
    /** NVRTC of this machine. */
    static Nvrtc open() {
        Libraries.require(NativeLibrary.NVRTC);
        return new NativeNvrtc();
    }

    /** The library's version. */
    Version version();

    /** The architectures it compiles for, ascending: 75 for sm_75. */
    List<Integer> architectures();

    /** The result of a compilation. */
    enum Output {
        /** Code of one architecture. */
        CUBIN,
        /** Text, which the driver compiles for its device, of the same architecture or a newer one. */
        PTX
    }

    /**
     * Compiles a program.
     *
     * @param name its name in messages
     * @param source CUDA C
     * @param options the compiler's options, including the architecture
     * @param output the kind of result
     * @return the code; PTX ends in a zero byte
     * @throws CudaException with the compiler's log if the program is wrong
     */
    byte[] compile(String name, String source, List<String> options, Output output);
}
