package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
    private static final int[] LABELS =
            IntStream.range(0, 1000).map(i -> i % 10 == 0 ? 1 : 0).toArray();

    @Test
    void everySampleIsInExactlyOneSet() {
        Split split = Split.stratified(LABELS, 0.2, 3);
        int[] all = IntStream.concat(Arrays.stream(split.train()), Arrays.stream(split.test()))
                .sorted()
                .toArray();
        assertThat(all).isEqualTo(IntStream.range(0, 1000).toArray());
        assertThat(split.test()).isSorted().hasSize(200);
    }

    @Test
    void everyClassHasTheSamePartInBothSets() {
        Split split = Split.stratified(LABELS, 0.25, 3);
        assertThat(Arrays.stream(split.test()).filter(i -> LABELS[i] == 1).count())
                .isEqualTo(25);
        assertThat(Arrays.stream(split.train()).filter(i -> LABELS[i] == 1).count())
                .isEqualTo(75);
    }

    @Test
    void theSeedDecides() {
        assertThat(Split.random(100, 0.3, 1).test())
                .isEqualTo(Split.random(100, 0.3, 1).test())
                .hasSize(30);
        assertThat(Split.random(100, 0.3, 1).test())
                .isNotEqualTo(Split.random(100, 0.3, 2).test());
    }

    @Test
    void fractionsThatLeaveASetEmptyAreRefused() {
        for (double fraction : new double[] {0, 1, -1, Double.NaN}) {
            assertThatExceptionOfType(TensorException.class).isThrownBy(() -> Split.random(10, fraction, 0));
        }
    }
}
