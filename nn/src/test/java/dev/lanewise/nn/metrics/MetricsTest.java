package dev.lanewise.nn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.TensorException;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The expected values are scikit-learn 1.9.1's for the same arrays. */
class MetricsTest {
    private static final Offset<Double> ROUNDING = within(1e-12);

    private static final int[] ACTUAL = {
        0, 3, 1, 0, 3, 3, 3, 3, 1, 3, 1, 2, 0, 3, 2, 0, 0, 0, 2, 1, 2, 3, 3, 2, 0, 1, 1, 1, 1, 0, 1, 0, 3, 0, 3, 1, 2,
        3, 3, 0
    };
    private static final int[] PREDICTED = {
        1, 1, 1, 0, 3, 1, 3, 0, 1, 3, 1, 1, 0, 3, 2, 0, 1, 2, 2, 1, 2, 3, 1, 2, 2, 2, 1, 1, 1, 0, 1, 0, 2, 0, 3, 1, 2,
        3, 3, 0
    };
    /** [40, 4], rounded to one digit, so that scores tie. */
    private static final float[] SCORES = {
        1.7f,
        0.1f,
        1.1f,
        -1.2f,
        0.4f,
        -0.7f,
        -0.9f,
        0.39999998f,
        -0.3f,
        1.1f,
        -1.2f,
        0.9f,
        1.5f,
        -1.5f,
        1.5f,
        1.9f,
        1.2f,
        -0.2f,
        -1.1f,
        2.1f,
        -0.4f,
        1.2f,
        0.2f,
        2.0f,
        0.4f,
        0.7f,
        0.0f,
        2.8f,
        0.1f,
        0.4f,
        1.9f,
        -0.29999995f,
        -1.3f,
        2.0f,
        -1.2f,
        1.9f,
        -0.4f,
        -0.7f,
        1.9f,
        2.5f,
        1.9f,
        1.9f,
        -0.9f,
        1.9f,
        -0.3f,
        0.8f,
        1.9f,
        -0.2f,
        1.6f,
        0.9f,
        0.4f,
        -1.1f,
        0.3f,
        1.3f,
        -0.7f,
        0.9f,
        -0.4f,
        1.8f,
        1.7f,
        0.4f,
        0.19999999f,
        0.5f,
        -0.7f,
        0.0f,
        0.39999998f,
        0.7f,
        0.6f,
        -0.2f,
        1.4f,
        -1.1f,
        -1.5f,
        0.4f,
        0.2f,
        0.6f,
        3.4f,
        0.9f,
        -0.9f,
        2.1f,
        -1.3f,
        -0.5f,
        -0.1f,
        1.7f,
        0.3f,
        -0.8f,
        -0.1f,
        -0.7f,
        1.1f,
        -0.100000024f,
        -1.1f,
        -0.4f,
        -0.5f,
        2.9f,
        0.9f,
        0.1f,
        -0.20000005f,
        0.8f,
        0.0f,
        -1.5f,
        1.2f,
        0.3f,
        0.9f,
        1.3f,
        0.9f,
        -0.7f,
        -1.0f,
        1.7f,
        -0.8f,
        -0.7f,
        -0.5f,
        1.0f,
        -0.4f,
        -1.4f,
        -0.6f,
        -1.2f,
        0.6f,
        -1.6f,
        -0.100000024f,
        0.1f,
        -0.7f,
        1.5f,
        -1.3f,
        1.3f,
        -0.0f,
        -1.2f,
        1.5f,
        -0.2f,
        0.8f,
        0.8f,
        2.2f,
        1.3f,
        -0.4f,
        0.8f,
        2.1f,
        0.7f,
        0.6f,
        -1.6f,
        -0.0f,
        -0.7f,
        0.3f,
        0.9f,
        0.9f,
        1.3f,
        0.8f,
        -0.5f,
        -0.9f,
        -0.4f,
        1.0f,
        0.4f,
        2.3f,
        -0.0f,
        -1.0f,
        0.7f,
        -0.5f,
        0.5f,
        -1.5f,
        1.1f,
        1.2f,
        0.2f,
        -0.6f,
        -0.2f
    };

    private static final int[] BINARY = {
        0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0
    };
    private static final float[] BINARY_SCORES = {
        0.5f, 0.8f, 0.5f, 0.6f, 0.4f, 0.5f, 0.3f, 0.4f, 0.6f, 0.3f, 0.6f, 0.4f, 0.4f, 0.2f, 0.4f, 0.7f, 0.8f, 0.3f,
        0.6f, 0.7f, 0.7f, 0.5f, 0.2f, 0.1f, 0.6f, 1.0f, 0.4f, 0.6f, 0.7f, 0.3f
    };
    private static final float[] VALUES = {
        -0.11054066f,
        1.0201727f,
        -0.69204986f,
        1.5363771f,
        0.2863437f,
        0.60884386f,
        -1.0452534f,
        1.2111453f,
        0.68981814f,
        1.3018463f,
        -0.6280876f,
        -0.48102713f,
        2.3039167f,
        -1.0600158f,
        -0.1359497f
    };
    private static final float[] ESTIMATES = {
        0.23052675f,
        1.0494902f,
        -0.51716375f,
        1.4165424f,
        0.39736047f,
        0.2168858f,
        -0.5478142f,
        1.175696f,
        0.48576468f,
        1.5017612f,
        -0.76630354f,
        -0.8813047f,
        1.8999014f,
        -0.8518838f,
        -0.18382174f
    };

    private final ConfusionMatrix matrix = ConfusionMatrix.of(ACTUAL, PREDICTED, 4);

    @Test
    void countsByTrueAndPredictedClass() {
        assertThat(matrix).hasToString("""
            [7, 2, 2, 0]
            [0, 9, 1, 0]
            [0, 1, 5, 0]
            [1, 3, 1, 8]
            """);
        assertThat(matrix.total()).isEqualTo(40);
        assertThat(matrix.support(3)).isEqualTo(13);
        assertThat(matrix.predicted(3)).isEqualTo(8);
    }

    @Test
    void precisionRecallAndF1OfEveryClass() {
        double[] precision = {0.875, 0.6, 0.5555555555555556, 1.0};
        double[] recall = {0.6363636363636364, 0.9, 0.8333333333333334, 0.6153846153846154};
        double[] f1 = {0.7368421052631579, 0.72, 0.6666666666666666, 0.7619047619047619};
        for (int label = 0; label < 4; label++) {
            assertThat(matrix.precision(label)).isCloseTo(precision[label], ROUNDING);
            assertThat(matrix.recall(label)).isCloseTo(recall[label], ROUNDING);
            assertThat(matrix.f1(label)).isCloseTo(f1[label], ROUNDING);
        }
    }

    @Test
    void averagesOverTheClasses() {
        assertAverages(Average.MICRO, 0.725, 0.725, 0.725);
        assertAverages(Average.MACRO, 0.757638888888889, 0.7462703962703963, 0.7213533834586465);
        assertAverages(Average.WEIGHTED, 0.7989583333333333, 0.725, 0.730250626566416);
        assertThat(ClassificationMetrics.accuracy(ACTUAL, PREDICTED)).isCloseTo(0.725, ROUNDING);
    }

    private void assertAverages(Average average, double precision, double recall, double f1) {
        assertThat(matrix.precision(average)).isCloseTo(precision, ROUNDING);
        assertThat(matrix.recall(average)).isCloseTo(recall, ROUNDING);
        assertThat(matrix.f1(average)).isCloseTo(f1, ROUNDING);
    }

    @Test
    void aClassThatIsNeverPredictedOrNeverThereCountsAsZero() {
        ConfusionMatrix few = ConfusionMatrix.of(new int[] {0, 0, 1}, new int[] {0, 0, 0}, 3);
        assertThat(few.precision(1)).isZero();
        assertThat(few.recall(2)).isZero();
        // Class 2 neither occurs nor is predicted and is left out: (0.8 + 0) / 2.
        assertThat(few.f1(Average.MACRO)).isCloseTo(0.4, ROUNDING);
        assertThat(new ConfusionMatrix(2).accuracy()).isZero();
        assertThat(new ConfusionMatrix(2).f1(Average.WEIGHTED)).isZero();
    }

    @Test
    void theReportHasALineForEveryClassAndTheAverages() {
        String report = matrix.report(List.of("cat", "dog", "bird", "horse"));
        assertThat(report.lines()).hasSize(8);
        assertThat(report).contains("bird    0.5556    0.8333    0.6667         6");
        assertThat(report).contains("accuracy    0.7250");
    }

    @Test
    void topKWithTies() {
        assertThat(ClassificationMetrics.topK(ACTUAL, SCORES, 4, 1)).isCloseTo(0.6, ROUNDING);
        assertThat(ClassificationMetrics.topK(ACTUAL, SCORES, 4, 2)).isCloseTo(0.775, ROUNDING);
        assertThat(ClassificationMetrics.topK(ACTUAL, SCORES, 4, 3)).isCloseTo(0.95, ROUNDING);
        assertThat(ClassificationMetrics.topK(ACTUAL, SCORES, 4, 4)).isEqualTo(1);
    }

    @Test
    void argmaxTakesTheFirstOfEqualScoresAndNaNAboveAll() {
        float[] scores = {1, 3, 3, 2, Float.NaN, 5, 9, 0, 0};
        assertThat(ClassificationMetrics.argmax(scores, 3)).containsExactly(1, 1, 0);
    }

    @Test
    void areaUnderTheRocCurveWithTies() {
        assertThat(ClassificationMetrics.rocAuc(BINARY, BINARY_SCORES)).isCloseTo(0.751131221719457, ROUNDING);
        assertThat(ClassificationMetrics.rocAucOneVersusRest(ACTUAL, SCORES, 4))
                .isCloseTo(0.8087396353927794, ROUNDING);
        assertThat(ClassificationMetrics.rocAuc(new int[] {0, 1}, new float[] {0f, -0f}))
                .isEqualTo(0.5);
        assertThat(ClassificationMetrics.rocAuc(new int[] {0, 1}, new float[] {1, 2}))
                .isEqualTo(1);
        assertThat(ClassificationMetrics.rocAuc(new int[] {1, 0}, new float[] {1, 2}))
                .isZero();
    }

    @Test
    void regression() {
        RegressionMetrics metrics = RegressionMetrics.of(VALUES, ESTIMATES);
        assertThat(metrics.meanAbsoluteError()).isCloseTo(0.22023001313209534, ROUNDING);
        assertThat(metrics.rootMeanSquaredError()).isCloseTo(0.264141228060592, ROUNDING);
        assertThat(metrics.r2()).isCloseTo(0.9283748192133008, ROUNDING);
        float[] constant = {2, 2, 2};
        assertThat(RegressionMetrics.of(constant, constant).r2()).isEqualTo(1);
        assertThat(RegressionMetrics.of(constant, new float[] {1, 2, 3}).r2()).isZero();
    }

    @Test
    void argumentsThatDoNotFitAreRefused() {
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> ClassificationMetrics.accuracy(new int[2], new int[3]))
                .withMessageContaining("3 values (expected 2");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> ClassificationMetrics.rocAuc(new int[] {1, 1}, new float[2]))
                .withMessageContaining("2 positive and 0 negative");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> ClassificationMetrics.rocAuc(new int[] {0, 1}, new float[] {1, Float.NaN}))
                .withMessageContaining("NaN at sample 1");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> new ConfusionMatrix(2).add(0, 2))
                .withMessageContaining("class 2 (expected 0 to 1");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> ClassificationMetrics.topK(new int[1], new float[3], 2, 1))
                .withMessageContaining("expected a multiple");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RegressionMetrics.of(new float[0], new float[0]))
                .withMessageContaining("no samples");
    }

    @Test
    void agreementIsCountedBeyondChance() {
        ConfusionMatrix small = ConfusionMatrix.of(new int[] {0, 0, 1, 1}, new int[] {0, 1, 1, 1}, 3);
        assertThat(small.cohenKappa()).isCloseTo(0.5, ROUNDING);
        assertThat(small.matthewsCorrelation()).isCloseTo(2 / Math.sqrt(12), ROUNDING);
        ConfusionMatrix wrong = ConfusionMatrix.of(new int[] {0, 1}, new int[] {1, 0}, 2);
        assertThat(wrong.cohenKappa()).isEqualTo(-1);
        assertThat(wrong.matthewsCorrelation()).isEqualTo(-1);
        ConfusionMatrix onlyOne = ConfusionMatrix.of(new int[] {1, 1}, new int[] {1, 1}, 2);
        assertThat(onlyOne.cohenKappa()).isNaN();
        assertThat(onlyOne.matthewsCorrelation()).isZero();
        ConfusionMatrix oneClass = ConfusionMatrix.of(new int[] {1, 1}, new int[] {1, 0}, 2);
        assertThat(oneClass.cohenKappa()).isZero();
        assertThat(oneClass.matthewsCorrelation()).isZero();
        assertThat(new ConfusionMatrix(3).cohenKappa()).isNaN();
        assertThat(new ConfusionMatrix(3).matthewsCorrelation()).isZero();
    }
}
