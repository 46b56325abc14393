package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Operations as torchvision's, of which {@code augment.py} stored results. */
final class RandAugmentTest {
    private static final SafetensorsFile STORED = Safetensors.open(
            Path.of("src", "test", "resources", "dev", "lanewise", "nn", "data", "image", "augment.safetensors"));

    @AfterAll
    static void close() {
        STORED.close();
    }

    private static Image image(String name) {
        Tensor stored = STORED.entry(name).toTensor();
        return new Image(
                (int) stored.shape().size(0),
                (int) stored.shape().size(1),
                (int) stored.shape().size(2),
                stored.toFloatArray());
    }

    /** torchvision's results of an operation, by strength. */
    private static Map<Integer, Image> stored(Augmentation operation) {
        String name = operation.name().replace("_", "");
        Map<Integer, Image> stored = new TreeMap<>();
        for (String key : STORED.names()) {
            String[] parts = key.split("/", 2);
            if (parts[0].equalsIgnoreCase(name)) {
                stored.put(Integer.parseInt(parts[1]), image(key));
            }
        }
        return stored;
    }

    @ParameterizedTest
    @EnumSource(Augmentation.class)
    void operationsAreThoseOfTorchvision(Augmentation operation) {
        Image x = image("x");
        float[] before = x.values().clone();
        Map<Integer, Image> expected = stored(operation);
        assertThat(expected).isNotEmpty();
        assertThat(expected.containsKey(-9)).isEqualTo(operation.hasDirection());
        // torchvision's weights of red, green and blue add up to 0.9999
        float tolerance = operation == Augmentation.COLOR || operation == Augmentation.CONTRAST ? 1e-4f : 1e-6f;
        expected.forEach((magnitude, image) -> {
            double strength = operation.strength(Math.abs(magnitude) / 30.0, x);
            Image result = operation.apply(x, magnitude < 0 ? -strength : strength);
            assertThat(result.values())
                    .as("%s at %d", operation, magnitude)
                    .containsExactly(image.values(), within(tolerance));
        });
        assertThat(x.values()).isEqualTo(before);
    }

    @Test
    void histogramsAreEqualized() {
        Image wide = image("wide");
        assertThat(Augmentation.EQUALIZE.apply(wide, 0).values())
                .isNotEqualTo(wide.values())
                .containsExactly(image("wide/Equalize").values(), within(1e-6f));
    }

    @Test
    void smallAndUniformImagesStayAsTheyAre() {
        for (int[] sizes : new int[][] {{1, 1, 1}, {3, 2, 5}, {1, 4, 4}}) {
            Image grey = new Image(sizes[0], sizes[1], sizes[2]);
            Arrays.fill(grey.values(), 0.4f);
            for (Augmentation operation :
                    new Augmentation[] {Augmentation.SHARPNESS, Augmentation.AUTO_CONTRAST, Augmentation.EQUALIZE}) {
                assertThat(operation.apply(grey, 0.5).values()).containsExactly(grey.values(), within(1e-6f));
            }
        }
    }

    @Test
    void whatIsDrawnDependsOnTheSeedAlone() {
        Image x = image("x");
        ImageTransform transform = ImageTransforms.randAugment();
        assertThat(transform.apply(x, new Random(7)).values())
                .isEqualTo(transform.apply(x, new Random(7)).values());
        Set<Integer> results = new HashSet<>();
        for (int seed = 0; seed < 300; seed++) {
            results.add(Arrays.hashCode(ImageTransforms.randAugment(1, 9, 31)
                    .apply(x, new Random(seed))
                    .values()));
        }
        // 7 operations by their directions, 3 others, and the image itself: it is too small to be sheared along its
        // rows,
        // moved along its columns, or equalized
        assertThat(results).hasSize(18);
        assertThat(ImageTransforms.randAugment(0, 9, 31).apply(x, new Random(1)).values())
                .isEqualTo(x.values());
    }

    @Test
    void strengthsOutOfRangeAreNamed() {
        for (int[] numbers : new int[][] {{-1, 9, 31}, {2, 31, 31}, {2, -1, 31}, {2, 0, 1}}) {
            assertThatThrownBy(() -> ImageTransforms.randAugment(numbers[0], numbers[1], numbers[2]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("9 of 31");
        }
    }
}
