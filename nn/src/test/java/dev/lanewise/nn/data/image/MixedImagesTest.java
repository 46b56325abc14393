package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MixedImagesTest {
    private static final long[] THREE = {0, 1, 2};

    /** Three images of 8 x 8 whose pixels are all 1, 2 or 3. */
    private static Dataset images() {
        Tensor x =
                Tensor.of(new float[] {1, 2, 3}, 3, 1, 1, 1).expand(3, 1, 8, 8).mul(1);
        return new TensorDataset(x, Tensor.of(new long[] {0, 1, 2}));
    }

    @Test
    void mixUpSumsImagesAndClassesWithOneShare() {
        Batch mixed = MixedImages.mixUp(images(), 4, 1, 5).batch(THREE);
        float[] y = mixed.y().toFloatArray();
        double share = y[0];
        assertThat(share).isBetween(0.0, 1.0);
        float other = (float) (1 - share);
        float own = (float) share;
        assertThat(y)
                .containsExactly(new float[] {own, 0, other, 0, other, own, 0, 0, 0, other, own, 0}, within(1e-6f));
        float[] x = mixed.x().toFloatArray();
        for (int i = 0; i < 64; i++) {
            assertThat(x[i]).isCloseTo((float) (share + 3 * (1 - share)), within(1e-5f));
            assertThat(x[64 + i]).isCloseTo((float) (2 * share + (1 - share)), within(1e-5f));
        }
    }

    @Test
    void cutMixSharesClassesAsAreas() {
        Dataset dataset = MixedImages.cutMix(images(), 3, 1, 5);
        boolean cut = false;
        for (int epoch = 0; epoch < 20; epoch++) {
            dataset.epoch(epoch);
            Batch mixed = dataset.batch(THREE);
            float[] x = mixed.x().toFloatArray();
            int own = 0;
            for (int i = 0; i < 64; i++) {
                assertThat(x[i]).isIn(1f, 3f);
                own += x[i] == 1 ? 1 : 0;
            }
            assertThat(mixed.y().toFloatArray()[0]).isEqualTo(own / 64f);
            assertThat(mixed.y().toFloatArray()[2]).isEqualTo(1 - own / 64f);
            cut |= own < 64;
        }
        assertThat(cut).isTrue();
    }

    @Test
    void whatIsDrawnDependsOnSeedEpochAndSample() {
        Dataset dataset = MixedImages.mixUp(images(), 3, 0.4, 5);
        float first = dataset.batch(THREE).y().toFloatArray()[0];
        assertThat(dataset.batch(THREE).y().toFloatArray()[0]).isEqualTo(first);
        dataset.epoch(1);
        assertThat(dataset.batch(THREE).y().toFloatArray()[0]).isNotEqualTo(first);
        assertThat(dataset.batch(new long[] {1}).y().toFloatArray()).containsExactly(0, 1, 0);
        assertThatExceptionOfType(TensorException.class).isThrownBy(() -> MixedImages.mixUp(images(), 3, 0, 5));
    }

    /** Beta(a, a) has the mean 1/2 and the variance 1 / (8 a + 4). */
    @ParameterizedTest
    @ValueSource(doubles = {0.2, 1, 3})
    void sharesHaveTheirDistributionsMoments(double alpha) {
        SplittableRandom random = new SplittableRandom(1);
        int draws = 20_000;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < draws; i++) {
            double share = MixedImages.beta(alpha, random);
            sum += share - 0.5;
            squares += (share - 0.5) * (share - 0.5);
        }
        double variance = 1 / (8 * alpha + 4);
        // six standard errors; the fourth moment is at most a quarter of the second
        assertThat(sum / draws).isCloseTo(0, within(6 * Math.sqrt(variance / draws)));
        assertThat(squares / draws).isCloseTo(variance, within(6 * Math.sqrt(variance / 4 / draws)));
    }

    @Test
    void resizedCropsHaveTheAreasAndRatiosAskedFor() {
        ResizedCrop crop = new ResizedCrop(4, 0.25, 0.5, 0.5, 2);
        SplittableRandom random = new SplittableRandom(2);
        boolean wide = false;
        boolean tall = false;
        for (int i = 0; i < 500; i++) {
            ResizedCrop.Box box = crop.box(200, 200, random);
            double area = (double) box.rows() * box.columns() / 40_000;
            double ratio = (double) box.columns() / box.rows();
            assertThat(area).isBetween(0.245, 0.51);
            assertThat(ratio).isBetween(0.49, 2.04);
            assertThat(box.top()).isBetween(0, 200 - box.rows());
            assertThat(box.left()).isBetween(0, 200 - box.columns());
            wide |= ratio > 1.5;
            tall |= ratio < 0.67;
        }
        assertThat(wide && tall).isTrue();
    }

    @Test
    void imagesThatNothingFitsIntoAreCroppedInTheMiddle() {
        ResizedCrop crop = new ResizedCrop(4, 1, 1, 0.75, 4.0 / 3);
        SplittableRandom random = new SplittableRandom(3);
        assertThat(crop.box(10, 100, random)).isEqualTo(new ResizedCrop.Box(0, 43, 10, 13));
        assertThat(crop.box(100, 9, random)).isEqualTo(new ResizedCrop.Box(44, 0, 12, 9));
        assertThat(new ResizedCrop(4, 1, 1, 1, 1).box(20, 20, random)).isEqualTo(new ResizedCrop.Box(0, 0, 20, 20));
        Image image = ImageTransforms.randomResizedCrop(6).apply(new Image(3, 1, 50), random);
        assertThat(image.height()).isEqualTo(6);
        assertThat(image.width()).isEqualTo(6);
        assertThatIllegalArgumentException().isThrownBy(() -> ImageTransforms.randomResizedCrop(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImageTransforms.randomResizedCrop(4, 0.5, 0.2, 1, 1))
                .withMessageContaining("areas from 0.5 to 0.2");
    }

    /** The loss of shares of classes is the same share of the losses of classes. */
    @Test
    void lossesTakeWhatWasMixed() {
        Batch mixed = MixedImages.mixUp(images(), 3, 1, 5).batch(THREE);
        double share = mixed.y().toFloatArray()[0];
        Tensor logits = new Rng(1).randn(3, 3);
        CrossEntropyLoss loss = new CrossEntropyLoss();
        double own = loss.of(logits, Tensor.of(THREE)).item();
        double other = loss.of(logits, Tensor.of(2L, 0L, 1L)).item();
        assertThat(loss.of(logits, mixed.y()).item()).isCloseTo(share * own + (1 - share) * other, within(1e-5));
        // a step of several parts, and a measurement, divide the sum by the samples
        assertThat(loss.averagedOver(mixed.y())).hasValue(3);
        assertThat(loss.sum(logits, mixed.y()).item())
                .isCloseTo(3 * loss.of(logits, mixed.y()).item(), within(1e-5));
    }
}
