package dev.lanewise.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.spi.BackendProvider.Availability;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** System properties that name nothing that can be used. */
final class SettingsTest {
    @ParameterizedTest
    @CsvSource({
        "lanewise.threads, '', a number from 1 to 4096",
        "lanewise.threads, two, a number from 1 to 4096",
        "lanewise.threads, -1, a number from 1 to 4096",
        "lanewise.threads, 1.5, a number from 1 to 4096",
        "lanewise.threads, 4097, a number from 1 to 4096",
        "lanewise.threads, 9999999999, a number from 1 to 4096",
        "lanewise.cpu.tiles, '', 'a number of bytes, 0 or more'",
        "lanewise.cpu.tiles, -1, 'a number of bytes, 0 or more'",
        "lanewise.cpu.tiles, 1k, 'a number of bytes, 0 or more'",
        "lanewise.cpu.conv, '', 'one of [direct, winograd, depthwise, pixels, gemm]'",
        "lanewise.cpu.conv, fft, 'one of [direct, winograd, depthwise, pixels, gemm]'"
    })
    void aWrongOneMakesTheBackendUnavailable(String property, String value, String expected) {
        String before = System.getProperty(property);
        System.setProperty(property, value);
        try {
            assertThat(new VectorBackendProvider().availability())
                    .isEqualTo(new Availability.Unavailable(property + ": '" + value + "' (expected " + expected
                            + "); correct or remove -D" + property));
        } finally {
            if (before == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, before);
            }
        }
    }
}
