package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class SyntheticDigitsTest {
    @Test
    void aSeedGivesTheSameBytesOnEveryMachine() {
        assertThat(checksum(SyntheticDigits.generate(42, 500))).isEqualTo(3_456_814_810L);
    }

    @Test
    void anImageDependsOnItsSeedAndIndexAlone() {
        LabeledImages many = SyntheticDigits.generate(1, 50);
        assertThat(checksum(SyntheticDigits.generate(1, 20))).isEqualTo(checksum(many.slice(0, 20)));
        assertThat(checksum(SyntheticDigits.generate(2, 20))).isNotEqualTo(checksum(many.slice(0, 20)));
    }

    @Test
    void theyLookLikeMnistInTheLarge() {
        LabeledImages digits = SyntheticDigits.generate(7, 2_000);
        double sum = 0;
        double squares = 0;
        float[] image = new float[784];
        int[] count = new int[10];
        for (int i = 0; i < digits.size(); i++) {
            count[digits.label(i)]++;
            digits.copyTo(i, image, 0);
            float most = 0;
            for (float value : image) {
                sum += value;
                squares += value * value;
                most = Math.max(most, value);
            }
            assertThat(most).isGreaterThan(0.8f);
        }
        double n = 784.0 * digits.size();
        double mean = sum / n;
        assertThat(mean).isBetween(0.12, 0.145);
        assertThat(Math.sqrt(squares / n - mean * mean)).isBetween(0.28, 0.33);
        assertThat(Arrays.stream(count).min().orElseThrow()).isGreaterThan(150);
    }

    private static long checksum(LabeledImages images) {
        CRC32 crc = new CRC32();
        for (int i = 0; i < images.size(); i++) {
            crc.update(images.label(i));
            for (int p = 0; p < 784; p++) {
                crc.update(images.pixel(i, 0, p / 28, p % 28));
            }
        }
        return crc.getValue();
    }
}
