package dev.lanewise.cuda.lib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryLocatorTest {
    @TempDir
    Path root;

    private final FakeLibraries libraries = new FakeLibraries();
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void linuxOnly() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "NVIDIA's libraries are looked for on Linux only");
    }

    private LibraryLocator locator() {
        return new LibraryLocator(new SearchPath(environment, Optional.empty(), root), libraries);
    }

    private Path library(String folder, String soname, long version) throws IOException {
        Path file = Files.createDirectories(root.resolve(folder)).resolve(soname);
        Files.writeString(file, "");
        libraries.holds(file, version);
        return file;
    }

    @Test
    void nothingIsOpenedBeforeItIsAskedFor() {
        libraries.knows("libcuda.so.1", 13000);
        locator();
        assertThat(libraries.opened).isEmpty();
    }

    @Test
    void loadersLibraryIsFoundWithItsVersion() {
        libraries.knows("libcuda.so.1", 12080);
        assertThat(locator().status(NativeLibrary.DRIVER))
                .isEqualTo(new LibraryStatus.Found(NativeLibrary.DRIVER, "libcuda.so.1", new Version(12, 8, 0)));
    }

    @Test
    void namedFolderComesBeforeTheLoader() throws IOException {
        libraries.knows("libnvrtc.so.13", 13000);
        Path older = library("mine/lib64", "libnvrtc.so.12", 12060);
        environment.put("LANEWISE_CUDA_PATH", root.resolve("mine").toString());
        environment.put("CUDA_HOME", root.resolve("other").toString());
        assertThat(locator().status(NativeLibrary.NVRTC))
                .isEqualTo(new LibraryStatus.Found(NativeLibrary.NVRTC, older.toString(), new Version(12, 6, 0)));
    }

    @Test
    void variablesThatAreNoPathsAreLikeFoldersThatAreNotThere() {
        for (String variable :
                List.of("LANEWISE_CUDA_PATH", "CUDA_HOME", "PYTHONPATH", "VIRTUAL_ENV", "PATH", "HOME")) {
            environment.put(variable, "a\0b");
        }
        assertThat(locator().status(NativeLibrary.NVRTC).describe())
                .contains("not found", "LANEWISE_CUDA_PATH=a\0b: not there", "CUDA_HOME=a\0b: not there");
    }

    @Test
    void newestVersionOfAPlaceIsTaken() throws IOException {
        library("toolkit/lib64", "libcublasLt.so.12", 120805);
        library("toolkit/targets/x86_64-linux/lib", "libcublasLt.so.13", 130101);
        environment.put("CUDA_PATH", root.resolve("toolkit").toString());
        assertThat(locator().status(NativeLibrary.CUBLAS_LT).describe()).startsWith("cuBLASLt 13.1.1 (");
    }

    @Test
    void versionThatTheDriverCannotRunIsPassedOver() throws IOException {
        libraries.knows("libcuda.so.1", 12040);
        library("toolkit/lib64", "libcublasLt.so.13", 130101);
        Path older = library("toolkit/lib64", "libcublasLt.so.12", 120805);
        environment.put("CUDA_HOME", root.resolve("toolkit").toString());
        LibraryLocator locator = locator();
        assertThat(locator.status(NativeLibrary.CUBLAS_LT))
                .isEqualTo(new LibraryStatus.Found(NativeLibrary.CUBLAS_LT, older.toString(), new Version(12, 8, 5)));
        Files.delete(older);
        assertThat(locator().status(NativeLibrary.CUBLAS_LT).describe())
                .contains("no version that will do")
                .contains("libcublasLt.so.13 is there, but the driver runs CUDA up to 12; update the driver");
    }

    @Test
    void wheelsOfAPythonEnvironmentAreFound() throws IOException {
        Path file = library("venv/lib/python3.12/site-packages/nvidia/cudnn/lib", "libcudnn.so.9", 92400);
        environment.put("VIRTUAL_ENV", root.resolve("venv").toString());
        assertThat(locator().status(NativeLibrary.CUDNN))
                .isEqualTo(new LibraryStatus.Found(NativeLibrary.CUDNN, file.toString(), new Version(9, 24, 0)));
    }

    @Test
    void wheelsOfAnInterpreterOnThePathAreFoundAlsoWhereNoEnvironmentIsActive() throws IOException {
        Path nvrtc = library("opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib", "libnvrtc.so.13", 13000);
        Path cudnn = library("opt/torch/.venv/lib/python3.12/site-packages/nvidia/cudnn/lib", "libcudnn.so.9", 91300);
        Files.createDirectories(root.resolve("opt/torch/.venv/bin"));
        Files.createDirectories(root.resolve("usr/bin"));
        Files.writeString(root.resolve("usr/bin/python3.12"), "");
        Files.createSymbolicLink(root.resolve("opt/torch/.venv/bin/python3"), root.resolve("usr/bin/python3.12"));
        environment.put("PATH", "/nowhere::" + root.resolve("opt/torch/.venv/bin"));
        assertThat(locator().status(NativeLibrary.NVRTC))
                .isEqualTo(new LibraryStatus.Found(NativeLibrary.NVRTC, nvrtc.toString(), new Version(13, 0, 0)));
        assertThat(locator().status(NativeLibrary.CUDNN).describe()).contains(cudnn.toString());
    }

    @Test
    void wheelsOfTheInterpreterThatALinkOnThePathLeadsToAreFound() throws IOException {
        library("opt/python/lib64/python3.13/site-packages/nvidia/nccl/lib", "libnccl.so.2", 23007);
        Files.createDirectories(root.resolve("opt/python/bin"));
        Files.createDirectories(root.resolve("home/bin"));
        Files.writeString(root.resolve("opt/python/bin/python3.13"), "");
        Files.createSymbolicLink(root.resolve("home/bin/python3"), root.resolve("opt/python/bin/python3.13"));
        environment.put("PATH", root.resolve("home/bin").toString());
        assertThat(locator().status(NativeLibrary.NCCL)).isInstanceOf(LibraryStatus.Found.class);
    }

    @Test
    void oldCudnnIsNamedAsTheWrongVersion() throws IOException {
        library("toolkit/lib64", "libcudnn.so.8", 8907);
        environment.put("CUDA_HOME", root.resolve("toolkit").toString());
        assertThat(locator().status(NativeLibrary.CUDNN).describe())
                .startsWith("cuDNN: no version that will do (libcudnn.so.9); install cuDNN 9")
                .contains("CUDA_HOME=" + root.resolve("toolkit")
                        + ": libcudnn.so.8 is there, but libcudnn.so.9 is needed");
    }

    @Test
    void missingLibraryNamesEveryPlaceLooked() throws IOException {
        Files.createDirectories(root.resolve("usr/lib/python3/dist-packages/nvidia/cublas/lib"));
        environment.put("LANEWISE_CUDA_PATH", "/a:/b");
        environment.put("CUDA_HOME", "/toolkit");
        assertThat(locator().status(NativeLibrary.NCCL).describe())
                .startsWith("NCCL: not found (libnccl.so.2); install NCCL 2")
                .contains("LANEWISE_CUDA_PATH=/a: not there")
                .contains("LANEWISE_CUDA_PATH=/b: not there")
                .contains("CUDA_HOME=/toolkit: not there")
                .contains("the loader's own search: knows none")
                .contains("NVIDIA's wheels in " + root.resolve("usr/lib/python3/dist-packages") + ": not there");
    }

    @Test
    void driverIsNotLookedForInToolkits() {
        environment.put("CUDA_HOME", "/toolkit");
        assertThat(locator().status(NativeLibrary.DRIVER).describe())
                .startsWith("CUDA driver: not found (libcuda.so.1); install NVIDIA's driver")
                .doesNotContain("/toolkit");
    }

    @Test
    void librariesThatCudnnAsksForAreOpenedFirst() throws IOException {
        library("toolkit/lib64", "libcudnn.so.9", 92400);
        library("toolkit/lib64", "libcublas.so.13", 130101);
        library("toolkit/lib64", "libcublasLt.so.13", 130101);
        library("toolkit/lib64", "libnvrtc.so.13", 13000);
        library("toolkit/lib64", "libnvrtc-builtins.so.13.0", 0);
        environment.put("CUDA_HOME", root.resolve("toolkit").toString());
        locator().status(NativeLibrary.CUDNN);
        assertThat(libraries.opened)
                .containsExactly(
                        "libnvrtc-builtins.so.13.0",
                        "libnvrtc.so.13",
                        "libcublasLt.so.13",
                        "libcublas.so.13",
                        "libcudnn.so.9");
    }

    @Test
    void fileThatTheLoaderRefusesIsNamed() throws IOException {
        Path file = Files.createDirectories(root.resolve("toolkit/lib64")).resolve("libnccl.so.2");
        Files.writeString(file, "not a library");
        environment.put("CUDA_HOME", root.resolve("toolkit").toString());
        assertThat(locator().status(NativeLibrary.NCCL).describe()).contains(file + ": the loader refuses it");
    }

    @Test
    void libraryIsLookedForOnce() {
        libraries.knows("libnccl.so.2", 23007);
        LibraryLocator locator = locator();
        assertThat(locator.status(NativeLibrary.NCCL)).isSameAs(locator.status(NativeLibrary.NCCL));
        assertThat(libraries.opened).containsExactly("libnccl.so.2");
    }
}
