package dev.lanewise.cuda.lib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.generated.driver.CUmemPoolProps_st;
import dev.lanewise.cuda.generated.driver.DriverBindings;
import dev.lanewise.cuda.generated.nccl.NcclBindings;
import dev.lanewise.cuda.generated.nvrtc.NvrtcBindings;
import dev.lanewise.testkit.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LazyLoadingTest {
    /** Uses constants and layouts of every library, then prints which of NVIDIA's libraries the process holds. */
    static final class Probe {
        public static void main(String[] arguments) throws Exception {
            int constants = DriverBindings.CUDA_ERROR_NOT_READY()
                    + NvrtcBindings.NVRTC_SUCCESS()
                    + CublasBindings.CUBLAS_OP_T()
                    + CudnnBindings.CUDNN_DATA_HALF()
                    + NcclBindings.ncclFloat32();
            System.out.println("constants " + constants + " bytes " + CUmemPoolProps_st.sizeof());
            try (var maps = Files.lines(Path.of("/proc/self/maps"))) {
                maps.filter(line -> line.matches(".*/lib(cu|nv|nccl)[^/]*\\.so.*"))
                        .forEach(System.out::println);
            }
        }
    }

    @Test
    void constantsAndLayoutsOpenNoLibrary() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/maps")), "needs /proc to see what is open");
        String output =
                ChildJvm.run(ChildJvm.bare(List.of("--enable-native-access=ALL-UNNAMED"), Probe.class, List.of()));
        assertThat(output.strip()).isEqualTo("constants " + (600 + 0 + 1 + 2 + 7) + " bytes 88");
    }
}
