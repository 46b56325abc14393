package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.data.BadSampleException;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageFolderDatasetTest {
    @TempDir
    Path folder;

    @BeforeEach
    void writeImages() throws IOException {
        for (int i = 0; i < 6; i++) {
            Image image = new Image(3, 4 + i, 5);
            Arrays.fill(image.values(), i / 10f);
            Path file = folder.resolve(i < 4 ? "few" : "more").resolve(i + ".png");
            Files.createDirectories(file.getParent());
            Files.write(file, ImageFiles.png(image));
        }
    }

    private Dataset dataset(ImageTransform transform) {
        return new ImageFolderDataset(ImageFolder.open(folder), transform, 1);
    }

    @Test
    void imagesAreReadAsTheLoaderAsksForThem() {
        Dataset images = dataset(ImageTransforms.resize(4, 4));
        DataLoader loader = new DataLoader(images, 4, Sampler.sequential(6), DataLoader.Options.workers(2));
        List<Float> values = new ArrayList<>();
        List<Long> labels = new ArrayList<>();
        for (Batch batch : loader.epoch(0)) {
            assertThat(batch.x().shape().toArray()).endsWith(3, 4, 4);
            for (int i = 0; i < batch.size(); i++) {
                values.add((float) batch.x().select(0, i).mean().item());
                labels.add(batch.y().toLongArray()[i]);
            }
        }
        assertThat(labels).containsExactly(0L, 0L, 0L, 0L, 1L, 1L);
        for (int i = 0; i < 6; i++) {
            assertThat(values.get(i)).isCloseTo(i / 10f, within(3e-3f));
        }
    }

    @Test
    void randomTransformsDependOnSeedEpochAndImageOnly() {
        Dataset images = dataset(ImageTransforms.resize(4, 4).then((image, random) -> {
            image.values()[0] = (float) random.nextDouble();
            return image;
        }));
        float[][] first = new float[2][];
        for (int epoch = 0; epoch < 2; epoch++) {
            images.epoch(epoch);
            first[epoch] = images.batch(new long[] {2, 3}).x().toFloatArray();
        }
        assertThat(first[0]).isNotEqualTo(first[1]);
        images.epoch(0);
        assertThat(images.batch(new long[] {3, 2}).x().select(0, 1).toFloatArray())
                .containsExactly(Arrays.copyOf(first[0], 48));
    }

    @Test
    void damagedFilesAreNamed() throws IOException {
        Files.writeString(folder.resolve("few/2.png"), "no image");
        DataLoader loader = new DataLoader(
                dataset(ImageTransforms.resize(4, 4)), 3, Sampler.sequential(6), DataLoader.Options.workers(2));
        assertThatThrownBy(() -> loader.epoch(0).forEach(batch -> {}))
                .isInstanceOf(BadSampleException.class)
                .hasMessageContaining("number 2")
                .hasMessageContaining("2.png");
    }

    @Test
    void imagesOfDifferentSizesSaySo() {
        Dataset images = dataset((image, random) -> image);
        assertThatThrownBy(() -> images.batch(new long[] {0, 1}))
                .hasMessageContaining("found one of 5 x 5 after the transform; expected 4 x 5");
    }
}
