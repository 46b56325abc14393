package dev.lanewise.examples.recommend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.junit.jupiter.api.Test;

final class TwoTowersTest {
    private final TwoTowers.Towers towers = new TwoTowers.Towers(10, 20, new Rng(1));

    @Test
    void aPairsScoreIsThatOfTheBatch() {
        Tensor all = towers.all(Tensor.of(new long[] {1, 2}), Tensor.of(new long[] {3, 4, 5}));
        assertThat(all.shape().toArray()).containsExactly(2, 3);
        double pair = towers.forward(Tensor.of(new long[] {2, 4}, 1, 2)).item();
        assertThat(all.select(0, 1).select(0, 1).item()).isCloseTo(pair, within(1e-5));
    }

    @Test
    void onlyTheRowsThatWereLookedUpHaveGradients() {
        Tensor all = towers.all(Tensor.of(new long[] {1, 2}), Tensor.of(new long[] {3, 4, 5}));
        Gradients gradients = Autograd.gradients(all.square().sum());
        assertThat(rows(gradients, 0)).containsExactlyInAnyOrder(1, 2);
        assertThat(rows(gradients, 1)).containsExactlyInAnyOrder(3, 4, 5);
    }

    private long[] rows(Gradients gradients, int table) {
        return gradients
                .rows(towers.tables().get(table).leaf())
                .orElseThrow()
                .indices()
                .toLongArray();
    }
}
