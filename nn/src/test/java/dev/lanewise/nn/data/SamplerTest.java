package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SamplerTest {
    private static long count(long[] order, long sample) {
        return Arrays.stream(order).filter(drawn -> drawn == sample).count();
    }

    @Test
    void shuffledOrdersDependOnSeedAndEpochOnly() {
        Sampler sampler = Sampler.shuffled(50, 7);
        assertThat(sampler.size()).isEqualTo(50);
        assertThat(sampler.order(3)).containsExactly(Sampler.shuffled(50, 7).order(3));
        assertThat(sampler.order(3)).isNotEqualTo(sampler.order(4));
        assertThat(sampler.order(3)).isNotEqualTo(Sampler.shuffled(50, 8).order(3));
        assertThat(sampler.order(3))
                .containsExactlyInAnyOrder(Sampler.sequential(50).order(0));
    }

    @Test
    void chosenSamplesAlone() {
        assertThat(Sampler.sequential(4, 2, 9).order(5)).containsExactly(4, 2, 9);
        assertThat(Sampler.shuffled(new long[] {4, 2, 9}, 1).order(0)).containsExactlyInAnyOrder(2, 4, 9);
    }

    @Test
    void weightedDrawsFollowTheWeights() {
        double[] weights = {0, 1, 3, 0, 6, 0};
        long[] order = Sampler.weighted(weights, 20_000, true, 1).order(0);
        for (int sample = 0; sample < weights.length; sample++) {
            assertThat(count(order, sample) / 20_000.0).isCloseTo(weights[sample] / 10, within(0.015));
        }
        assertThat(order)
                .isNotEqualTo(Sampler.weighted(weights, 20_000, true, 1).order(1));
        assertThat(order)
                .containsExactly(Sampler.weighted(weights, 20_000, true, 1).order(0));
    }

    @Test
    void withoutReplacementEverySampleComesOnceAndHeavyOnesFirst() {
        double[] weights = {0, 1, 1, 1, 100};
        int heavyFirst = 0;
        for (int epoch = 0; epoch < 200; epoch++) {
            long[] order = Sampler.weighted(weights, 4, false, 1).order(epoch);
            assertThat(order).containsExactlyInAnyOrder(1, 2, 3, 4);
            heavyFirst += order[0] == 4 ? 1 : 0;
        }
        assertThat(heavyFirst).isBetween(185, 200);
    }

    @Test
    void balancedDrawsMakeRareClassesAsLikely() {
        int[] labels = IntStream.range(0, 1000).map(i -> i < 20 ? 1 : 0).toArray();
        long[] order = Sampler.balanced(labels, 10_000, 3).order(0);
        double rare = Arrays.stream(order).filter(i -> labels[(int) i] == 1).count() / 10_000.0;
        assertThat(rare).isCloseTo(0.5, within(0.02));
    }

    @Test
    void badWeightsSaySo() {
        assertThatThrownBy(() -> Sampler.weighted(new double[] {1, -1}, 1, true, 0))
                .hasMessageContaining("some negative or not finite");
        assertThatThrownBy(() -> Sampler.weighted(new double[] {0, 0}, 1, true, 0))
                .hasMessageContaining("0 of them");
        assertThatThrownBy(() -> Sampler.weighted(new double[] {0, 1}, 2, false, 0))
                .hasMessageContaining("2 draws from 2 weights, 1 of them above 0");
    }

    @Test
    void badNumbersOfSamplesAndClassesSaySo() {
        assertThatThrownBy(() -> Sampler.sequential(1L << 40))
                .hasMessageContaining("sampler: " + (1L << 40) + " samples");
        assertThatThrownBy(() -> Sampler.shuffled(-1, 3)).hasMessageContaining("sampler: -1 samples");
        assertThatThrownBy(() -> Sampler.balanced(new int[] {0, -1}, 4, 1)).hasMessageContaining("label -1");
        assertThatThrownBy(() -> Split.stratified(new int[] {0, -1}, 0.5, 1))
                .hasMessageContaining("class -1 of sample 1");
        assertThatThrownBy(() -> Split.random(-1, 0.5, 1)).hasMessageContaining("-1 samples");
    }

    @Test
    void balancedDrawsTakeClassesOfAnyNumber() {
        assertThat(Sampler.balanced(new int[] {0, Integer.MAX_VALUE}, 4, 1).order(0))
                .hasSize(4);
    }
}
