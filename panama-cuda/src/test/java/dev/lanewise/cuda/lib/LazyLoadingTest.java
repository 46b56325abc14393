package dev.lanewise.cuda.lib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.generated.driver.CUmemPoolProps_st;
import dev.lanewise.cuda.generated.driver.DriverBindings;
import dev.lanewise.cuda.generated.nccl.NcclBindings;
import dev.lanewise.cuda.generated.nvrtc.NvrtcBindings;
import java.io.File;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath(Probe.class, NativeLibrary.class, DriverBindings.class),
                        Probe.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.strip()).isEqualTo("constants " + (600 + 0 + 1 + 2 + 7) + " bytes 88");
    }

    private static String classPath(Class<?>... classes) {
        return Stream.of(classes)
                .map(c -> Path.of(URI.create(
                        c.getProtectionDomain().getCodeSource().getLocation().toString())))
                .map(Path::toString)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }
}
