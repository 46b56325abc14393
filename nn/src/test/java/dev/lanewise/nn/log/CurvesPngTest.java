package dev.lanewise.nn.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.tensor.TensorException;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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

    /** XChart alone looks for numbers of such axes without end. */
    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void valuesThatHardlyDifferAndHugeOnesAreDrawn() throws IOException {
        Path file = folder.resolve("curves.png");
        for (double[] losses : new double[][] {
            {1e15, 1e15 + 1, 1e15 + 2},
            {Math.log(2), Math.nextUp(Math.log(2)), Math.log(2)},
            {-1e17, -1e17 + 16, -1e17},
            {Double.MAX_VALUE, 0, -Double.MAX_VALUE},
            {Double.MIN_VALUE, Double.MIN_VALUE, Double.MIN_VALUE}
        }) {
            List<EpochFigures> history = new ArrayList<>();
            for (int i = 0; i < losses.length; i++) {
                history.add(new EpochFigures(i + 1, i, 10, 1, losses[i], 0.1, Map.of()));
            }
            CurvesPng.write(file, history);
            assertThat(ImageIO.read(file.toFile()).getHeight())
                    .as(Arrays.toString(losses))
                    .isEqualTo(600);
        }
    }

    @Test
    void figuresThatTheLastEpochDoesNotHaveAreDrawnToo() throws IOException {
        Path file = folder.resolve("curves.png");
        CurvesPng.write(
                file,
                List.of(
                        new EpochFigures(1, 2, 10, 1, 1, 0.1, Map.of("accuracy", 0.5)),
                        new EpochFigures(2, 4, 10, 1, 1, 0.1, Map.of())));
        assertThat(ImageIO.read(file.toFile()).getHeight()).isEqualTo(900);
        assertThatThrownBy(() -> CurvesPng.write(file, List.of()))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no epochs");
    }

    /** The class path as it is where XChart was not added. */
    private static URLClassLoader withoutXchart() throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            if (!entry.contains("xchart")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    @Test
    void withoutXchartOnlyDrawingFailsAndSaysWhatToAdd() throws Exception {
        try (URLClassLoader loader = withoutXchart()) {
            Constructor<?> curves = loader.loadClass(CurvesPng.class.getName()).getConstructor(Path.class);
            assertThatThrownBy(() -> curves.newInstance(folder.resolve("curves.png")))
                    .cause()
                    .hasMessage("curves: no XChart (expected org.knowm.xchart:xchart on the class path, or the module"
                            + " xchart); add it to your project");
            Constructor<?> other = loader.loadClass(CsvLog.class.getName()).getConstructor(Path.class);
            assertThatCode(() -> other.newInstance(folder.resolve("log.csv"))).doesNotThrowAnyException();
        }
    }
}
