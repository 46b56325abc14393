package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.testkit.conformance.OpDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code ops.md} is what the catalogue says; {@code -Dops.update=true} writes it. */
class OpsDocumentTest {
    private static final Path DOCUMENT = Path.of("ops.md");

    @Test
    void tableOfOperationsIsWhatTheCatalogueSays() throws IOException {
        String expected = OpDocument.markdown(Backends.of(Device.CPU), Map.of());
        if (Boolean.getBoolean("ops.update")) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(DOCUMENT)
                .as("docs/ops.md is stale; write it with -Dops.update=true")
                .content()
                .isEqualTo(expected);
    }
}
