package dev.lanewise.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class MpiLibraryTest {
    @Test
    void missingLibrarySaysWhatToInstall() {
        assertThatThrownBy(() -> MpiLibrary.first(List.of("libnone.so.1", "libnone.so.2"), Map.of("PATH", "/nowhere:")))
                .isInstanceOf(MpiException.class)
                .hasMessage(
                        "no MPI library was found (looked for libnone.so.1, libnone.so.2); install Open MPI (apt-get"
                                + " install openmpi-bin) or MPICH (apt-get install mpich), or set LANEWISE_MPI to the library's"
                                + " file");
    }

    @Test
    void namedLibraryThatIsNoneIsNamed() {
        for (String file : List.of("libnone.so.1", "/nowhere/libmpi.so")) {
            assertThatThrownBy(() -> MpiLibrary.open(Map.of("LANEWISE_MPI", file)))
                    .hasMessageContaining("LANEWISE_MPI=" + file + " can't be opened");
        }
    }

    @Test
    void launcherIsKnownByItsVariables() {
        assertThat(Launcher.of(Map.of("OMPI_COMM_WORLD_SIZE", "2", "PMI_SIZE", "3")))
                .isEqualTo(Launcher.OPEN_MPI);
        assertThat(Launcher.of(Map.of("PMI_SIZE", "3"))).isEqualTo(Launcher.PMI);
        assertThat(Launcher.of(Map.of("PMI_SIZE", "three"))).isEqualTo(Launcher.NONE);
        assertThat(Launcher.of(Map.of())).isEqualTo(Launcher.NONE);
        assertThat(Launcher.PMI.size(Map.of("PMI_SIZE", "3"))).isEqualTo(OptionalInt.of(3));
        assertThat(Launcher.PMI.localSize(Map.of("MPI_LOCALNRANKS", "2"))).isEqualTo(OptionalInt.of(2));
        assertThat(Launcher.NONE.localSize(Map.of())).isEmpty();
    }
}
