package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScoreFilterTest {
    private static final double NONE = Double.NEGATIVE_INFINITY;

    private static double[] filtered(ScoreFilter filter, double[] scores, int... previous) {
        double[] own = scores.clone();
        filter.apply(own, previous);
        return own;
    }

    @Test
    void topKKeepsTokensThatAreAsGoodAsTheLast() {
        assertThat(filtered(ScoreFilter.topK(2), new double[] {1, 3, 2, 2})).containsExactly(NONE, 3, 2, 2);
        assertThat(filtered(ScoreFilter.topK(9), new double[] {1, 3})).containsExactly(1, 3);
    }

    @Test
    void topPKeepsTheFewestThatReachTheShare() {
        double[] scores = {Math.log(0.5), Math.log(0.3), Math.log(0.2)};
        assertThat(filtered(ScoreFilter.topP(0.5), scores)).containsExactly(scores[0], NONE, NONE);
        assertThat(filtered(ScoreFilter.topP(0.75), scores)).containsExactly(scores[0], scores[1], NONE);
        assertThat(filtered(ScoreFilter.topP(1), scores)).containsExactly(scores);
        // the best stays whatever the share
        assertThat(filtered(ScoreFilter.topP(0), scores)).containsExactly(scores[0], NONE, NONE);
        double[] alike = filtered(ScoreFilter.topP(0.4), new double[] {1, 1, 1, 1});
        assertThat(Arrays.stream(alike).filter(score -> score > NONE).count()).isEqualTo(2);
    }

    @Test
    void minPAsksForAShareOfTheBest() {
        double[] scores = {Math.log(0.6), Math.log(0.31), Math.log(0.09)};
        assertThat(filtered(ScoreFilter.minP(0.5), scores)).containsExactly(scores[0], scores[1], NONE);
    }

    @Test
    void penaltiesMakeSeenTokensLessLikelyOnce() {
        assertThat(filtered(ScoreFilter.repetitionPenalty(2), new double[] {4, -4, 1, 8}, 0, 1, 1, 3, 99))
                .containsExactly(2, -8, 1, 4);
    }

    @Test
    void runsAreNotRepeated() {
        assertThat(filtered(ScoreFilter.noRepeat(2), new double[] {1, 1, 1}, 0, 1, 0))
                .containsExactly(1, NONE, 1);
        assertThat(filtered(ScoreFilter.noRepeat(1), new double[] {1, 1, 1}, 2)).containsExactly(1, 1, NONE);
    }

    @Test
    void wordsAreForbiddenByTheirLastToken() {
        ScoreFilter filter = ScoreFilter.badWords(List.of(List.of(0, 2), List.of(1)));
        assertThat(filtered(filter, new double[] {1, 1, 1}, 0)).containsExactly(1, NONE, NONE);
        assertThat(filtered(filter, new double[] {1, 1, 1}, 2)).containsExactly(1, NONE, 1);
        assertThat(filtered(ScoreFilter.minLength(2, Set.of(1)), new double[] {1, 1}, 0))
                .containsExactly(1, NONE);
    }

    @Test
    void theLowestTemperatureIsGreedy() {
        ScoreFilter coldest = ScoreFilter.temperature(Double.MIN_VALUE);
        assertThat(filtered(coldest, new double[] {5, 6, NONE})).containsExactly(NONE, 0, NONE);
        assertThat(filtered(coldest, new double[] {-6, -5})).containsExactly(NONE, 0);
        assertThat(filtered(ScoreFilter.temperature(2), new double[] {5, NONE})).containsExactly(2.5, NONE);
    }

    @Test
    void numbersThatMeanNothingAreRefused() {
        assertThatThrownBy(() -> ScoreFilter.temperature(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ScoreFilter.topP(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ScoreFilter.topK(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GenerationOptions.greedy(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GenerationOptions.greedy(1).withStopTexts(""))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void drawsFollowTheProbabilities() {
        double[] scores = {Math.log(0.25), NONE, Math.log(0.75)};
        assertThat(Scores.draw(scores, 0)).isZero();
        assertThat(Scores.draw(scores, 0.2499)).isZero();
        assertThat(Scores.draw(scores, 0.2501)).isEqualTo(2);
        assertThat(Scores.draw(scores, Math.nextDown(1.0))).isEqualTo(2);
    }

    @Test
    void shortcutsKeepWhatWholeOrdersKeep() {
        Random random = new Random(4);
        for (int round = 0; round < 200; round++) {
            // few values, so that many are equal
            double[] scores = random.doubles(1 + random.nextInt(60), -3, 3)
                    .map(score -> Math.rint(score * 4) / 4)
                    .toArray();
            double[] sorted = scores.clone();
            Arrays.sort(sorted);
            int count = 1 + random.nextInt(scores.length);
            assertThat(Scores.greatest(scores, count)).isEqualTo(sorted[sorted.length - count]);
            double share = random.nextInt(5) == 0 ? 0 : random.nextDouble();
            double[] kept = scores.clone();
            ScoreFilter.topP(share).apply(kept, new int[0]);
            double[] probabilities = Scores.softmax(scores);
            double[] likely = Scores.softmax(kept);
            double sum = 0;
            double least = 1;
            for (int i = 0; i < likely.length; i++) {
                sum += likely[i] > 0 ? probabilities[i] : 0;
                least = likely[i] > 0 ? Math.min(least, probabilities[i]) : least;
            }
            assertThat(sum).isGreaterThan(share - 1e-9);
            assertThat(sum - least).isLessThan(share + 1e-9);
        }
    }
}
