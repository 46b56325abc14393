package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;

class ImageDatasetTest {
    private final LabeledImages digits = SyntheticDigits.generate(5, 20);

    @Test
    void aBatchHoldsTheChosenImagesAndLabelsInOrder() {
        try (var ignored = Scope.open("test")) {
            Batch batch = new ImageDataset(digits).batch(new long[] {7, 3});
            assertThat(batch.x().shape()).isEqualTo(Shape.of(2, 1, 28, 28));
            assertThat(batch.y().dtype()).isEqualTo(DType.I64);
            assertThat(batch.y().toLongArray()).containsExactly(digits.label(7), digits.label(3));
            float[] expected = new float[2 * 784];
            digits.copyTo(7, expected, 0);
            digits.copyTo(3, expected, 784);
            assertThat(batch.x().toFloatArray()).isEqualTo(expected);
        }
    }

    @Test
    void chanceDependsOnSeedEpochAndImageAlone() {
        try (var ignored = Scope.open("test")) {
            ImageTransform crop = ImageTransforms.randomCrop(28, 4);
            ImageDataset dataset = new ImageDataset(digits, crop, 1);
            float[] first = dataset.batch(new long[] {2}).x().toFloatArray();
            dataset.batch(new long[] {0, 1});
            assertThat(dataset.batch(new long[] {2}).x().toFloatArray()).isEqualTo(first);
            dataset.epoch(1);
            assertThat(dataset.batch(new long[] {2}).x().toFloatArray()).isNotEqualTo(first);
            assertThat(new ImageDataset(digits, crop, 2)
                            .batch(new long[] {2})
                            .x()
                            .toFloatArray())
                    .isNotEqualTo(first);
        }
    }

    @Test
    void imagesOfDifferentSizesAreRefused() {
        ImageTransform uneven = (image, random) -> image.crop(0, 0, 10 + random.nextInt(1000), 10);
        ImageDataset dataset = new ImageDataset(digits, uneven, 0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> dataset.batch(new long[] {0, 1}))
                .withMessageContaining("after the transform");
    }
}
