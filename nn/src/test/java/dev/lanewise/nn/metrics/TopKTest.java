package dev.lanewise.nn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

final class TopKTest {
    private static TopK of(int k, float[] scores, float[] chosen) {
        TopK ranking = new TopK(k);
        ranking.add(Tensor.of(scores, 1, scores.length), Tensor.of(chosen, 1, chosen.length));
        return ranking;
    }

    @Test
    void theRankOfTheChosenItemCounts() {
        TopK ranking = new TopK(2);
        Tensor scores = Tensor.of(new float[] {3, 2, 1, 3, 2, 1, 3, 2, 1}, 3, 3);
        Tensor chosen = Tensor.of(new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3);
        ranking.add(scores, chosen);
        assertThat(ranking.hitRate()).isEqualTo(2.0 / 3);
        assertThat(ranking.ndcg()).isCloseTo((1 + Math.log(2) / Math.log(3)) / 3, within(1e-12));
        assertThat(ranking.meanReciprocalRank()).isEqualTo(0.5);
        assertThat(ranking.meanAveragePrecision()).isEqualTo(0.5);
        assertThat(ranking.precision()).isCloseTo(1.0 / 3, within(1e-12));
        assertThat(ranking.recall()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(ranking.figures())
                .containsExactly(
                        entry("hr@2", ranking.hitRate()),
                        entry("ndcg@2", ranking.ndcg()),
                        entry("mrr@2", ranking.meanReciprocalRank()),
                        entry("map@2", ranking.meanAveragePrecision()),
                        entry("precision@2", ranking.precision()),
                        entry("recall@2", ranking.recall()));
    }

    @Test
    void equalScoresGiveWhatChanceGives() {
        assertThat(of(10, new float[100], first(100)).hitRate()).isCloseTo(0.1, within(1e-12));
        // one is above, the chosen one shares the second and third place with another
        assertThat(of(2, new float[] {1, 2, 1}, new float[] {1, 0, 0}).hitRate())
                .isCloseTo(0.5, within(1e-12));
        // of four equal items two are chosen and two places are left: 1 - 2/4 * 1/3
        assertThat(of(2, new float[4], new float[] {1, 1, 0, 0}).hitRate()).isCloseTo(5.0 / 6, within(1e-12));
        assertThat(of(1, new float[] {0f, -0f}, new float[] {1, 0}).hitRate()).isCloseTo(0.5, within(1e-12));
    }

    private static float[] first(int items) {
        float[] chosen = new float[items];
        chosen[0] = 1;
        return chosen;
    }

    @Test
    void theBestOfSeveralChosenItemsIsTheHit() {
        assertThat(of(1, new float[] {1, 3, 2}, new float[] {1, 1, 0}).hitRate())
                .isEqualTo(1);
        assertThat(of(10, new float[] {1, 3, 2}, new float[] {1, 0, 0}).hitRate())
                .isEqualTo(1);
    }

    @Test
    void aUserWithoutAChoiceHasNoHit() {
        TopK ranking = of(10, new float[] {1, 2}, new float[] {0, 0});
        assertThat(ranking.hitRate()).isZero();
        assertThat(ranking.ndcg()).isZero();
        assertThat(ranking.figures().values()).containsOnly(0.0);
        assertThat(new TopK(10).hitRate()).isNaN();
    }

    @Test
    void whatCanNotBeRankedIsRefused() {
        assertThatThrownBy(() -> new TopK(0))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("k = 0");
        assertThatThrownBy(() -> new TopK(1).add(Tensor.ones(2, 3), Tensor.ones(2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[n, items]");
        assertThatThrownBy(() -> of(1, new float[] {Float.NaN, 1}, new float[] {1, 0}))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("NaN");
    }
}
