package dev.lanewise.nn.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lanewise.nn.metrics.ConfusionMatrix;
import dev.lanewise.nn.metrics.RankingMetrics;
import dev.lanewise.tensor.TensorException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsPngTest {
    private static final boolean[] POSITIVE = {true, false, true, true, false};
    private static final float[] SCORES = {0.9f, 0.8f, 0.7f, 0.4f, 0.1f};

    /** The blue in which the greatest count is drawn. */
    private static final int GREATEST = 0xff3070b0;

    @TempDir
    Path folder;

    private static int[] pixels(Path file) throws IOException {
        BufferedImage image = ImageIO.read(file.toFile());
        assertThat(image.getWidth()).isEqualTo(600);
        assertThat(image.getHeight()).isEqualTo(600);
        return image.getRGB(0, 0, 600, 600, null, 0, 600);
    }

    /** The mean row and column of the pixels of a colour, of those that are in the plot. */
    private static double[] middle(int[] pixels, int color) {
        double[] middle = new double[2];
        int count = 0;
        for (int i = 0; i < pixels.length; i++) {
            if (pixels[i] == color && i % 600 < 480) {
                middle[0] += Math.floorDiv(i, 600);
                middle[1] += i % 600;
                count++;
            }
        }
        assertThat(count).isGreaterThan(1_000);
        return new double[] {middle[0] / count, middle[1] / count};
    }

    @Test
    void theFirstClassIsAtTheTopLeft() throws IOException {
        Path file = folder.resolve("confusion.png");
        MetricsPng.confusion(
                file, ConfusionMatrix.of(new int[] {0, 0, 0, 1}, new int[] {0, 0, 0, 1}, 2), List.of("a", "b"));
        double[] first = middle(pixels(file), GREATEST);
        MetricsPng.confusion(
                file, ConfusionMatrix.of(new int[] {0, 0, 0, 1}, new int[] {1, 1, 1, 1}, 2), List.of("a", "b"));
        double[] right = middle(pixels(file), GREATEST);
        MetricsPng.confusion(
                file, ConfusionMatrix.of(new int[] {1, 1, 1, 0}, new int[] {0, 0, 0, 0}, 2), List.of("a", "b"));
        double[] below = middle(pixels(file), GREATEST);
        assertThat(right[1]).isGreaterThan(first[1] + 50);
        assertThat(below[0]).isGreaterThan(first[0] + 50);
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> MetricsPng.confusion(file, new ConfusionMatrix(2), List.of("a", "a")))
                .withMessageContaining("2 different ones");
        MetricsPng.confusion(file, new ConfusionMatrix(1), List.of("only"));
        assertThat(pixels(file)).isNotEmpty();
    }

    @Test
    void curvesAreDrawn() throws IOException {
        Path roc = folder.resolve("roc.png");
        MetricsPng.roc(roc, RankingMetrics.rocCurve(POSITIVE, SCORES));
        Path precision = folder.resolve("precision.png");
        MetricsPng.precisionRecall(precision, RankingMetrics.precisionRecallCurve(POSITIVE, SCORES));
        assertThat(Arrays.stream(pixels(roc)).distinct().count()).isGreaterThan(10);
        assertThat(Arrays.stream(pixels(precision)).distinct().count()).isGreaterThan(10);
    }
}
