package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class SyntheticShapesTest {
    @Test
    void aSeedGivesTheSameBytesOnEveryMachine() {
        LabeledImages shapes = SyntheticShapes.generate(42, 200);
        CRC32 crc = new CRC32();
        for (int i = 0; i < shapes.size(); i++) {
            crc.update(shapes.label(i));
            for (int p = 0; p < 3072; p++) {
                crc.update(shapes.pixel(i, p / 1024, p % 1024 / 32, p % 32));
            }
        }
        assertThat(crc.getValue()).isEqualTo(2739894076L);
        assertThat(Arrays.stream(shapes.labels()).distinct().count()).isEqualTo(10);
    }
}
