package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataHomeTest {
    @Test
    void theCacheIsWhereTheSystemKeepsCaches() {
        assertThat(cache("Linux", Map.of())).isEqualTo(Path.of("/home/ada/.cache/lanewise"));
        assertThat(cache("Linux", Map.of("XDG_CACHE_HOME", "/var/cache/ada")))
                .isEqualTo(Path.of("/var/cache/ada/lanewise"));
        assertThat(cache("Linux", Map.of("XDG_CACHE_HOME", "relative")))
                .isEqualTo(Path.of("/home/ada/.cache/lanewise"));
        assertThat(cache("Mac OS X", Map.of())).isEqualTo(Path.of("/home/ada/Library/Caches/lanewise"));
        assertThat(cache("Windows 11", Map.of("LOCALAPPDATA", "/local"))).isEqualTo(Path.of("/local/lanewise/cache"));
    }

    @Test
    void theVariableNamesAFolderUnlessItIsBlank() {
        assertThat(home("Linux", Map.of("LANEWISE_DATA", "/data")).environment())
                .isEqualTo(Path.of("/data"));
        assertThat(home("Linux", Map.of("LANEWISE_DATA", " ")).environment()).isNull();
        assertThat(home("Linux", Map.of()).environment()).isNull();
    }

    @Test
    void theVariableNamesAFolderThatExists(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        for (Path named : List.of(folder.resolve("none"), file)) {
            DataHome home = home("Linux", Map.of("LANEWISE_DATA", named.toString()));
            assertThatThrownBy(() -> home.find("mnist", "images", Files::isDirectory))
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContainingAll("LANEWISE_DATA: found '" + named + "'", "expected a folder of data sets");
        }
        assertThat(home("Linux", Map.of("LANEWISE_DATA", folder.toString())).find("mnist", "images", file::equals))
                .isEmpty();
    }

    private static Path cache(String system, Map<String, String> environment) {
        return home(system, environment).cache();
    }

    private static DataHome home(String system, Map<String, String> environment) {
        return DataHome.of(null, environment, system, "/home/ada");
    }
}
