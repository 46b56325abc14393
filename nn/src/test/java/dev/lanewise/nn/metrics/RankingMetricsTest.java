package dev.lanewise.nn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers expected are those of scikit-learn 1.9.1 for the same samples, some of which have equal scores. */
final class RankingMetricsTest {
    private static final int SAMPLES = 60;
    private static final boolean[] POSITIVE = new boolean[SAMPLES];
    private static final float[] SCORES = new float[SAMPLES];
    private static final float[] RELEVANCE = new float[SAMPLES];

    static {
        for (int i = 0; i < SAMPLES; i++) {
            SCORES[i] = (float) (Math.floorDiv((i * 37 + 11) % 101, 5) / 20.0);
            POSITIVE[i] = (i * i * 7 + 3 * i) % 11 < 5;
            RELEVANCE[i] = i * 5 % 4;
        }
    }

    private static double sum(double[] values) {
        return Arrays.stream(values).sum();
    }

    @Test
    void rocCurveEqualsScikitLearns() {
        RankingMetrics.Curve curve = RankingMetrics.rocCurve(POSITIVE, SCORES);
        assertThat(curve.x()).hasSize(22).startsWith(0, 0).endsWith(1);
        assertThat(curve.y()).startsWith(0, 0.02631578947368421, 0.10526315789473684, 0.18421052631578946);
        assertThat(curve.thresholds()).startsWith(Double.POSITIVE_INFINITY, 1, 0.95f);
        assertThat(sum(curve.x())).isCloseTo(7.318181818181818, within(1e-12));
        assertThat(sum(curve.y())).isCloseTo(12.657894736842103, within(1e-12));
        double area = 0;
        for (int i = 1; i < 22; i++) {
            area += (curve.x()[i] - curve.x()[i - 1]) * (curve.y()[i] + curve.y()[i - 1]) / 2;
        }
        assertThat(ClassificationMetrics.rocAuc(POSITIVE, SCORES)).isCloseTo(area, within(1e-12));
    }

    @Test
    void precisionAndRecallEqualScikitLearns() {
        RankingMetrics.Curve curve = RankingMetrics.precisionRecallCurve(POSITIVE, SCORES);
        assertThat(curve.y()).hasSize(22).startsWith(0.6333333333333333, 0.631578947368421, 0.6363636363636364);
        assertThat(curve.x()).endsWith(0.10526315789473684, 0.02631578947368421, 0.0);
        assertThat(sum(curve.y())).isCloseTo(18.535635148266017, within(1e-12));
        assertThat(sum(curve.x())).isCloseTo(12.657894736842106, within(1e-12));
        assertThat(curve.thresholds()).startsWith(0, 0.05f, 0.1f).endsWith(Double.POSITIVE_INFINITY);
        assertThat(RankingMetrics.averagePrecision(POSITIVE, SCORES)).isCloseTo(0.8837599593530268, within(1e-12));
    }

    @Test
    void meanAveragePrecisionEqualsScikitLearns() {
        int[] actual = new int[SAMPLES];
        float[] scores = new float[4 * SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            actual[i] = (i * i + i / 3) % 4;
            for (int c = 0; c < 4; c++) {
                scores[4 * i + c] = (float) ((i * (c + 3) + 7 * c) % 13 / 13.0);
            }
        }
        assertThat(RankingMetrics.meanAveragePrecision(actual, scores, 4)).isCloseTo(0.2748147269129081, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0.3333333333333333",
        "5, 0.3624900172249648",
        "10, 0.4524143686899629",
        "60, 0.7833979359954132",
        "100, 0.7833979359954132"
    })
    void gainEqualsScikitLearns(int k, double expected) {
        assertThat(RankingMetrics.ndcg(RELEVANCE, SCORES, k)).isCloseTo(expected, within(1e-12));
    }

    @Test
    void areasByTrapezoidsEqualScikitLearns() {
        assertThat(RankingMetrics.rocCurve(POSITIVE, SCORES).area())
                .isCloseTo(ClassificationMetrics.rocAuc(POSITIVE, SCORES), within(1e-12));
        // (recall, precision): (1, 1/2), (1, 2/3), (1/2, 1/2), (1/2, 1), (0, 1)
        RankingMetrics.Curve curve = RankingMetrics.precisionRecallCurve(
                new boolean[] {false, false, true, true}, new float[] {0.1f, 0.4f, 0.35f, 0.8f});
        assertThat(curve.area()).isCloseTo(0.7916666666666666, within(1e-12));
        RankingMetrics.Curve back = new RankingMetrics.Curve(new double[] {0, 1, 0}, new double[3], new double[3]);
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(back::area)
                .withMessageContaining("1.0 and then 0.0 at point 2");
        RankingMetrics.Curve point = new RankingMetrics.Curve(new double[1], new double[1], new double[1]);
        assertThatExceptionOfType(TensorException.class).isThrownBy(point::area).withMessageContaining("1 points");
    }

    /** Means over every order of the items with equal scores. */
    @Test
    void equalScoresGiveTheMeanOverTheirOrders() {
        SplittableRandom random = new SplittableRandom(4);
        for (int trial = 0; trial < 60; trial++) {
            int n = random.nextInt(1, 6);
            int k = random.nextInt(1, 8);
            float[] scores = new float[n];
            boolean[] relevant = new boolean[n];
            for (int i = 0; i < n; i++) {
                scores[i] = random.nextInt(3);
                relevant[i] = random.nextBoolean();
            }
            double[] sums = new double[4];
            int orders = 0;
            for (int[] order : permutations(n)) {
                float[] distinct = new float[n];
                for (int i = 0; i < n; i++) {
                    distinct[i] = scores[i] * n + order[i];
                }
                double[] figures = plain(relevant, distinct, k);
                Arrays.setAll(sums, i -> sums[i] + figures[i]);
                orders++;
            }
            double[] got = {
                RankingMetrics.reciprocalRank(relevant, scores, k),
                RankingMetrics.precision(relevant, scores, k),
                RankingMetrics.recall(relevant, scores, k),
                RankingMetrics.averagePrecision(relevant, scores, k)
            };
            for (int i = 0; i < got.length; i++) {
                assertThat(got[i])
                        .as("figure %d of %d items, k %d", i, n, k)
                        .isCloseTo(sums[i] / orders, within(1e-12));
            }
        }
    }

    private static List<int[]> permutations(int n) {
        if (n == 0) {
            return List.of(new int[0]);
        }
        List<int[]> all = new ArrayList<>();
        for (int[] shorter : permutations(n - 1)) {
            for (int at = 0; at < n; at++) {
                int[] order = new int[n];
                System.arraycopy(shorter, 0, order, 0, at);
                order[at] = n - 1;
                System.arraycopy(shorter, at, order, at + 1, n - 1 - at);
                all.add(order);
            }
        }
        return all;
    }

    /** The measures of items whose scores differ, by their definitions. */
    private static double[] plain(boolean[] relevant, float[] scores, int k) {
        double[] figures = new double[4];
        int hits = 0;
        int all = 0;
        for (int place = 1; place <= scores.length; place++) {
            int item = 0;
            for (int i = 0; i < scores.length; i++) {
                if (RankingMetrics.rank(scores, i) == place) {
                    item = i;
                }
            }
            all += relevant[item] ? 1 : 0;
            if (relevant[item] && place <= k) {
                hits++;
                figures[0] = hits == 1 ? 1.0 / place : figures[0];
                figures[3] += (double) hits / place;
            }
        }
        figures[1] = (double) hits / k;
        figures[2] = all == 0 ? 0 : (double) hits / all;
        figures[3] = all == 0 ? 0 : figures[3] / Math.min(all, k);
        return figures;
    }

    @Test
    void equalScoresShareTheirRanks() {
        float[] scores = {2, 5, 2, 1, 2};
        assertThat(RankingMetrics.rank(scores, 1)).isEqualTo(1);
        assertThat(RankingMetrics.rank(scores, 4)).isEqualTo(3);
        assertThat(RankingMetrics.rank(scores, 3)).isEqualTo(5);
        assertThat(RankingMetrics.rank(new float[] {0f, -0f}, 1)).isEqualTo(1.5);
        assertThatExceptionOfType(TensorException.class).isThrownBy(() -> RankingMetrics.rank(scores, 5));
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.rank(new float[] {1, Float.NaN}, 0))
                .withMessageContaining("rank: NaN");
        // all items count, and no two scores are equal: what scikit-learn measures
        boolean[] relevant = {true, false, true, false};
        float[] apart = {4, 3, 2, 1};
        assertThat(RankingMetrics.averagePrecision(relevant, apart, 4))
                .isCloseTo(RankingMetrics.averagePrecision(relevant, apart), within(1e-12));
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.recall(relevant, apart, 0))
                .withMessageContaining("recall: k = 0");
        assertThat(RankingMetrics.reciprocalRank(new boolean[0], new float[0], 3))
                .isZero();
    }

    @Test
    void zerosOfBothSignsAreOneScore() {
        boolean[] positive = {true, false};
        float[] scores = {-0f, 0f};
        assertThat(RankingMetrics.averagePrecision(positive, scores)).isEqualTo(0.5);
        assertThat(RankingMetrics.ndcg(new float[] {1, 0}, scores, 1)).isEqualTo(0.5);
        assertThat(RankingMetrics.ndcg(new float[] {0, 0}, scores, 1)).isZero();
        float[] infinite = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        assertThat(RankingMetrics.averagePrecision(positive, infinite)).isEqualTo(1);
    }

    @Test
    void whatHasNoMeasureIsRefused() {
        boolean[] negative = new boolean[2];
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.averagePrecision(negative, new float[2]))
                .withMessageContaining("no positive sample");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.rocCurve(negative, new float[2]))
                .withMessageContaining("0 positive and 2 negative");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.rocCurve(negative, new float[] {0, Float.NaN}))
                .withMessageContaining("NaN at sample 1");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.rocCurve(negative, new float[3]));
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.ndcg(new float[] {-1}, new float[1], 1))
                .withMessageContaining("relevance -1");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> RankingMetrics.ndcg(new float[] {1}, new float[1], 0))
                .withMessageContaining("k = 0");
    }

    @ParameterizedTest
    @CsvSource({
        "5, 5, 0.15500000007450582, 0.47272727096622635",
        "10, 10, 0.2150000004718701, 0.5799999997019768",
        "15, 15, 0.2150000004718701, 0.5799999997019768"
    })
    void calibrationErrorIsThatOfScikitLearnsCurve(int bins, int used, double expected, double greatest) {
        Calibration calibration = Calibration.of(POSITIVE, SCORES, bins);
        assertThat(calibration.bins()).hasSize(used);
        assertThat(calibration.expectedError()).isCloseTo(expected, within(1e-8));
        assertThat(calibration.maximumError()).isCloseTo(greatest, within(1e-8));
        assertThat(Calibration.brierScore(POSITIVE, SCORES)).isCloseTo(0.21541666769733048, within(1e-8));
    }

    @Test
    void bordersBelongToTheBinBelow() {
        Calibration calibration = Calibration.of(new boolean[4], new float[] {0, 0.5f, 0.50001f, 1}, 2);
        assertThat(calibration.bins()).extracting(Calibration.Bin::count).containsExactly(2L, 2L);
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> Calibration.of(new boolean[1], new float[] {1.5f}, 2))
                .withMessageContaining("1.5 at sample 0");
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> Calibration.of(new boolean[1], new float[1], 0));
        assertThatExceptionOfType(TensorException.class)
                .isThrownBy(() -> Calibration.of(new boolean[0], new float[0], 2));
    }
}
