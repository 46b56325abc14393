package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.data.image.ColorJitter.Base;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ImageTest {
    private final SplittableRandom random = new SplittableRandom(11);

    @Test
    void resizingAgreesWithPillow() {
        float[] values = new float[35];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.pow(i, 1.5);
        }
        Image image = new Image(1, 5, 7, values);
        // Pillow 12.3.0, Image.resize((columns, rows), Image.BILINEAR) of the same image in mode F.
        assertClose(image.resize(2, 3), 27.043f, 35.999f, 46.198f, 105.189f, 120.459f, 136.393f);
        Image larger = image.resize(8, 4);
        assertThat(larger.get(0, 0, 0)).isCloseTo(0.563f, within(2e-3f));
        assertThat(larger.get(0, 3, 2)).isCloseTo(63.475f, within(2e-3f));
        assertThat(larger.get(0, 7, 3)).isCloseTo(193.711f, within(2e-3f));
    }

    @Test
    void theShorterSideDecidesAndProportionsStay() {
        Image tall = new Image(3, 40, 20).resizeShorterSide(10);
        assertThat(tall.height()).isEqualTo(20);
        assertThat(tall.width()).isEqualTo(10);
        Image wide = new Image(3, 20, 50).resizeShorterSide(10);
        assertThat(wide.height()).isEqualTo(10);
        assertThat(wide.width()).isEqualTo(25);
    }

    @Test
    void croppingBeyondTheEdgeGivesZeros() {
        Image image = counting(1, 2, 3);
        assertClose(image.crop(-1, 1, 3, 3), 0, 0, 0, 2, 3, 0, 5, 6, 0);
        assertClose(image.crop(5, 5, 1, 1), 0);
        assertClose(image.centerCrop(2, 1), 2, 5);
        assertClose(image.centerCrop(4, 3), 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0);
    }

    @Test
    void flippingVerticallyExchangesTheRows() {
        assertClose(counting(2, 3, 1).flipVertically(), 3, 2, 1, 6, 5, 4);
        assertThat(ImageTransforms.verticalFlip(1)
                        .apply(counting(1, 2, 1), random)
                        .values())
                .containsExactly(2, 1);
    }

    @Test
    void hueTurnsAsPythonsColorsysDoes() {
        // four pixels, red, green and blue planes
        float[] rgb = {0.2f, 1, 0.3f, 0.9f, 0.5f, 0, 0.3f, 0.8f, 0.9f, 0, 0.3f, 0.1f};
        Image image = new Image(3, 2, 2, rgb);
        assertClose(ColorJitter.turned(image, 0.1), 0.32f, 1, 0.3f, 0.52f, 0.2f, 0.6f, 0.3f, 0.9f, 0.9f, 0, 0.3f, 0.1f);
        assertClose(
                ColorJitter.turned(image, -0.3), 0.36f, 0.2f, 0.3f, 0.9f, 0.9f, 0, 0.3f, 0.1f, 0.2f, 1, 0.3f, 0.84f);
        assertThat(ImageTransforms.colorJitter(0, 0, 0, 0.5)
                        .apply(image, random)
                        .values())
                .isNotEqualTo(rgb);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImageTransforms.colorJitter(0, 0, 0, 0.6))
                .withMessageContaining("hue 0.6");
    }

    @Test
    void flippingMirrorsEveryRow() {
        assertClose(counting(2, 1, 3).flip(), 3, 2, 1, 6, 5, 4);
        assertThat(ImageTransforms.horizontalFlip(0)
                        .apply(counting(1, 1, 2), random)
                        .values())
                .containsExactly(1, 2);
        assertThat(ImageTransforms.horizontalFlip(1)
                        .apply(counting(1, 1, 2), random)
                        .values())
                .containsExactly(2, 1);
    }

    @Test
    void rotationIsCounterClockwise() {
        // 1 2     2 4
        // 3 4  →  1 3
        assertClose(ImageTransforms.rotate(counting(1, 2, 2), 90), 2, 4, 1, 3);
        assertClose(ImageTransforms.rotate(counting(1, 3, 3), 180), 9, 8, 7, 6, 5, 4, 3, 2, 1);
        assertThat(ImageTransforms.rotation(0).apply(counting(1, 3, 3), random).values())
                .containsExactly(counting(1, 3, 3).values());
    }

    @Test
    void randomCropsStayWithinThePaddedImageAndDiffer() {
        Image image = counting(1, 4, 4);
        ImageTransform crop = ImageTransforms.randomCrop(4, 1);
        boolean moved = false;
        for (int i = 0; i < 50; i++) {
            Image cropped = crop.apply(image, random);
            assertThat(cropped.values()).hasSize(16);
            moved |= cropped.get(0, 1, 1) != image.get(0, 1, 1);
            assertThat(Math.abs(cropped.get(0, 1, 1) - image.get(0, 1, 1))).isIn(0f, 1f, 3f, 4f, 5f);
        }
        assertThat(moved).isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImageTransforms.randomCrop(9, 2).apply(image, random))
                .withMessageContaining("expected at least 9 x 9");
    }

    @Test
    void normalizingIsByChannel() {
        ImageTransform normalize = ImageTransforms.normalize(new float[] {1, 2}, new float[] {0.5f, 4});
        assertClose(normalize.apply(counting(2, 1, 2), random), 0, 2, 0.25f, 0.5f);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImageTransforms.normalize(new float[1], new float[1]))
                .withMessageContaining("deviation 0.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> normalize.apply(counting(3, 1, 1), random))
                .withMessageContaining("found 3 channels; expected 2");
    }

    @Test
    void jitterStaysWithinZeroAndOneAndNoneChangesNothing() {
        Image image = new Image(3, 8, 8);
        for (int i = 0; i < image.values().length; i++) {
            image.values()[i] = (float) random.nextDouble();
        }
        Image jittered = ImageTransforms.colorJitter(0.9, 0.9, 0.9).apply(image, random);
        for (float value : jittered.values()) {
            assertThat(value).isBetween(0f, 1f);
        }
        assertThat(jittered.values()).isNotEqualTo(image.values());
        assertClose(ImageTransforms.colorJitter(0, 0, 0).apply(image, random), image.values());
        for (double amount : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ImageTransforms.colorJitter(0, amount, 0))
                    .withMessageContaining("contrast " + amount);
        }
    }

    /** Brightness and contrast don't commute where one of them reaches the end of the range. */
    @Test
    void jitterDrawsTheOrderOfItsChanges() {
        Image image = new Image(3, 1, 2, new float[] {0.4f, 0.8f, 0.4f, 0.8f, 0.4f, 0.8f});
        assertClose(jittered(image, 0), blended(image, Base.BLACK, Base.MEAN_GREY));
        assertClose(jittered(image, 1), blended(image, Base.MEAN_GREY, Base.BLACK));
        assertThat(jittered(image, 0).values()).isNotEqualTo(jittered(image, 1).values());
    }

    /** By factors of 1.5, with the change at a place among those that are left first. */
    private static Image jittered(Image image, int place) {
        return ImageTransforms.colorJitter(1, 1, 0).apply(image, new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new AssertionError("other numbers are drawn");
            }

            @Override
            public int nextInt(int bound) {
                return Math.min(place, bound - 1);
            }

            @Override
            public double nextDouble() {
                return 0.75;
            }
        });
    }

    private static float[] blended(Image image, Base first, Base second) {
        return ColorJitter.blend(ColorJitter.blend(image, 1.5f, first), 1.5f, second)
                .values();
    }

    @Test
    void erasingSetsOneRectangleToZeroInEveryChannel() {
        Image image = new Image(3, 20, 20);
        Arrays.fill(image.values(), 1);
        for (int round = 0; round < 20; round++) {
            Image erased = ImageTransforms.randomErasing(1).apply(image, random);
            int zeros = 0;
            for (int p = 0; p < 400; p++) {
                assertThat(erased.values()[p])
                        .isEqualTo(erased.values()[p + 400])
                        .isEqualTo(erased.values()[p + 800]);
                zeros += erased.values()[p] == 0 ? 1 : 0;
            }
            assertThat(zeros).isBetween(4, 150);
        }
        assertThat(ImageTransforms.randomErasing(0).apply(image, random)).isSameAs(image);
    }

    @Test
    void aSeedGivesTheSameAugmentations() {
        ImageTransform all = ImageTransforms.randomCrop(8, 2)
                .then(ImageTransforms.horizontalFlip(0.5))
                .then(ImageTransforms.rotation(15))
                .then(ImageTransforms.randomErasing(0.5));
        Image image = counting(3, 8, 8);
        assertThat(all.apply(image, new SplittableRandom(5)).values())
                .isEqualTo(all.apply(image, new SplittableRandom(5)).values());
        assertThat(image.values()).isEqualTo(counting(3, 8, 8).values());
    }

    private static Image counting(int channels, int height, int width) {
        Image image = new Image(channels, height, width);
        for (int i = 0; i < image.values().length; i++) {
            image.values()[i] = i + 1;
        }
        return image;
    }

    private static void assertClose(Image image, float... expected) {
        assertThat(image.values()).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(image.values()[i]).isCloseTo(expected[i], within(2e-3f));
        }
    }
}
