package dev.lanewise.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import dev.lanewise.tensor.BackendUnavailableException;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.BackendProvider;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class CudaBackendProviderTest {
    private static final LibraryStatus FOUND =
            new LibraryStatus.Found(NativeLibrary.NVRTC, "libnvrtc.so.13", new Version(13, 0, 0));
    private static final LibraryStatus MISSING = new LibraryStatus.Missing(
            NativeLibrary.CUDNN, List.of(new LibraryStatus.Attempt("CUDA_HOME=/toolkit", "not there", false)));

    @Test
    void providerIsFoundAsAService() {
        assertThat(ServiceLoader.load(BackendProvider.class))
                .filteredOn(provider -> provider.kind() == Device.Kind.CUDA)
                .singleElement()
                .isInstanceOf(CudaBackendProvider.class);
    }

    @Test
    void missingLibrariesAreNamedWithEveryPlaceLooked() {
        assertThat(CudaBackendProvider.reason(List.of(FOUND, MISSING)))
                .startsWith("cuDNN: not found (libcudnn.so.9)")
                .contains("CUDA_HOME=/toolkit: not there")
                .doesNotContain("NVRTC");
    }

    @Test
    void withAllLibrariesItSaysThatOperationsDoNotRunYet() {
        assertThat(CudaBackendProvider.reason(List.of(FOUND)))
                .contains("this version of Lanewise runs no operations on a GPU");
    }

    @Test
    void noDeviceIsOfferedAndNoneIsMade() {
        CudaBackendProvider provider = new CudaBackendProvider();
        assertThat(provider.devices()).isEmpty();
        assertThat(provider.availability()).isInstanceOf(BackendProvider.Availability.Unavailable.class);
        assertThatThrownBy(() -> provider.create(Device.cuda(0)))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageStartingWith("cuda:0: ");
    }
}
