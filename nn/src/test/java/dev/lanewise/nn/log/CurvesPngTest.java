package dev.lanewise.nn.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.train.EpochFigures;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CurvesPngTest {
    @TempDir
    Path folder;

    private static long colours(BufferedImage image) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return Arrays.stream(pixels).distinct().count();
    }

    @Test
    void drawsAPanelForEveryMeasure() throws IOException {
        Path file = folder.resolve("curves.png");
        Trainings.run(new CurvesPng(file), 1, 20);
        BufferedImage image = ImageIO.read(file.toFile());
        // loss of training and validation, learning rate, accuracy
        assertThat(image.getHeight()).isEqualTo(900);
        assertThat(image.getWidth()).isEqualTo(800);
        assertThat(colours(image)).isGreaterThan(10);
    }

    @Test
    void oneEpochAndLossesThatAreNotFiniteAreDrawn() throws IOException {
        Path file = folder.resolve("curves.png");
        CurvesPng.write(file, List.of(new EpochFigures(1, 2, 10, 1, Double.NaN, 0.1, Map.of())));
        assertThat(ImageIO.read(file.toFile()).getHeight()).isEqualTo(300);
    }
}
