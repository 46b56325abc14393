package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How long a batch waits for those who have just got their answers. */
class WaveTest {
    @Test
    void asManyAsBeforeAreWaitedForButNotLong() {
        Lane.Wave wave = Lane.Wave.after(8, 1_000, 6_000);
        assertThat(wave.left(1, 6_000)).isEqualTo(500);
        assertThat(wave.left(7, 6_400)).isEqualTo(100);
        assertThat(wave.left(7, 6_500)).isNotPositive();
        assertThat(wave.left(8, 6_000)).isZero();
        assertThat(wave.left(20, 6_000)).isZero();
    }

    @Test
    void whoWasAloneWaitsForNobody() {
        assertThat(Lane.Wave.after(1, 1_000, 6_000).left(1, 6_000)).isZero();
        assertThat(Lane.Wave.NONE.left(1, 6_000)).isZero();
    }

    @Test
    void clockMayPassItsLargestNumber() {
        Lane.Wave wave = Lane.Wave.after(2, Long.MAX_VALUE - 900, Long.MIN_VALUE + 99);
        assertThat(wave.left(1, Long.MIN_VALUE + 99)).isEqualTo(100);
    }
}
