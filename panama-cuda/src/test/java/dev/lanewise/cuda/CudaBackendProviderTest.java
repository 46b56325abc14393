package dev.lanewise.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.BackendUnavailableException;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.BackendProvider.Availability;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CudaBackendProviderTest {
    private static final LibraryStatus MISSING = new LibraryStatus.Missing(
            NativeLibrary.CUDNN, List.of(new LibraryStatus.Attempt("CUDA_HOME=/toolkit", "not there", false)));

    private static LibraryStatus found(NativeLibrary library, int major, int minor) {
        return new LibraryStatus.Found(library, library.sonames().getFirst(), new Version(major, minor, 0));
    }

    @Test
    void providerIsFoundAsAService() {
        assertThat(ServiceLoader.load(BackendProvider.class))
                .filteredOn(CudaBackendProvider.class::isInstance)
                .singleElement()
                .satisfies(provider -> assertThat(provider.kind()).isEqualTo(Device.Kind.CUDA));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tf32", "deterministic", "convolutionTransforms", "fusedBias"})
    void choicesAreTrueOrFalse(String choice) {
        String property = "lanewise.cuda." + choice;
        System.setProperty(property, "yes");
        try {
            assertThatThrownBy(Settings::check)
                    .isInstanceOf(TensorException.class)
                    .hasMessage(property + ": 'yes' (expected true or false); correct or remove -D" + property);
            System.setProperty(property, "True");
            Settings.check();
        } finally {
            System.clearProperty(property);
        }
    }

    @Test
    void missingLibrariesAreNamedWithEveryPlaceLooked() {
        assertThat(CudaBackendProvider.obstacle(List.of(found(NativeLibrary.NVRTC, 13, 0), MISSING)))
                .hasValueSatisfying(reason -> assertThat(reason)
                        .startsWith("cuDNN: not found (libcudnn.so.9)")
                        .contains("CUDA_HOME=/toolkit: not there")
                        .doesNotContain("NVRTC"));
    }

    @Test
    void librariesOfANewerCudaThanTheDriversAreRefused() {
        LibraryStatus driver = found(NativeLibrary.DRIVER, 12, 4);
        assertThat(CudaBackendProvider.obstacle(List.of(driver, found(NativeLibrary.NVRTC, 13, 0))))
                .hasValue("NVRTC 13.0 needs a driver for CUDA 13, this driver is for CUDA 12.4;"
                        + " update the driver, or install the libraries of CUDA 12");
        assertThat(CudaBackendProvider.obstacle(List.of(driver, found(NativeLibrary.NVRTC, 12, 8))))
                .isEmpty();
    }

    @Test
    void gpuThatIsTooOldIsNotOfferedAndNamed() {
        Recording recording = new Recording();
        Driver driver = recording.of(Driver.class);
        recording.answer("deviceCount", 1).answer("attribute", 6).answer("attribute", 1);
        assertThat(CudaBackendProvider.usable(driver)).isEmpty();
        recording
                .answer("deviceCount", 1)
                .answer("attribute", 6)
                .answer("attribute", 1)
                .answer("deviceName", "Old");
        assertThat(CudaBackendProvider.noDevice(driver))
                .isEqualTo(
                        "cuda:0 (Old) has compute capability 6.1 (expected 7.0 or newer); use another GPU or Device.CPU");
    }

    @Test
    void machineWithoutDriverOffersNoDeviceAndSaysWhy() {
        CudaBackendProvider provider = new CudaBackendProvider();
        assumeTrue(provider.availability() instanceof Availability.Unavailable, "this machine has a GPU");
        assertThat(provider.devices()).isEmpty();
        assertThatThrownBy(() -> provider.create(Device.cuda(0)))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageStartingWith("cuda:0: ");
    }
}
