package dev.lanewise.nn.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HeatMapTest {
    @TempDir
    Path folder;

    private static void assertColor(Image image, int column, double red, double green, double blue) {
        assertThat(image.get(0, 0, column)).isCloseTo((float) red, within(1e-6f));
        assertThat(image.get(1, 0, column)).isCloseTo((float) green, within(1e-6f));
        assertThat(image.get(2, 0, column)).isCloseTo((float) blue, within(1e-6f));
    }

    @Test
    void colorsSpanTheRangeOfTheMap() {
        Image image = HeatMap.of(Tensor.of(new float[] {-2, 0, 2, 1, Float.NaN}, 1, 5));
        assertColor(image, 0, 0.267, 0.005, 0.329);
        assertColor(image, 1, 0.128, 0.567, 0.551);
        assertColor(image, 2, 0.993, 0.906, 0.144);
        assertColor(image, 3, 0.369, 0.789, 0.383);
        assertColor(image, 4, 0.5, 0.5, 0.5);
        Image flat = HeatMap.of(Tensor.of(new float[] {7, Float.POSITIVE_INFINITY}, 1, 2));
        assertColor(flat, 0, 0.267, 0.005, 0.329);
        assertColor(flat, 1, 0.5, 0.5, 0.5);
        double huge = Double.MAX_VALUE;
        assertColor(HeatMap.of(Tensor.of(new double[] {-huge, 0, huge}, 1, 3)), 1, 0.128, 0.567, 0.551);
    }

    @Test
    void aMapLiesOverItsImageInGrey() throws Exception {
        Image photograph = new Image(3, 1, 2, new float[] {1, 0, 0.5f, 0, 0, 0});
        Tensor map = Tensor.of(new float[] {0, 1}, 1, 2);
        assertColor(HeatMap.over(photograph, map, 0), 0, 0.5, 0.5, 0.5);
        assertColor(HeatMap.over(photograph, map, 1), 1, 0.993, 0.906, 0.144);
        Image half = HeatMap.over(photograph, map, 0.5);
        assertColor(half, 0, 0.25 + 0.267 / 2, 0.25 + 0.005 / 2, 0.25 + 0.329 / 2);
        Path file = Files.write(folder.resolve("map.png"), ImageFiles.png(half));
        assertThat(ImageFiles.read(file).get(0, 0, 0)).isCloseTo(half.get(0, 0, 0), within(1f / 255));
    }

    @Test
    void mapsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> HeatMap.of(Tensor.ones(1, 2, 2))).isInstanceOf(TensorException.class);
        Image image = new Image(1, 2, 2);
        assertThatThrownBy(() -> HeatMap.over(image, Tensor.ones(2, 3), 0.5)).hasMessageContaining("2 x 2");
        assertThatThrownBy(() -> HeatMap.over(image, Tensor.ones(2, 2), 2)).hasMessageContaining("an opacity of 2.0");
    }
}
