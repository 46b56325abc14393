package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Linear;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The schedules that PyTorch has by name are compared with it by the reference cases; here are the others. */
final class ScheduleTest {
    private static final Offset<Double> ROUNDING = Offset.offset(1e-12);

    private static double[] rates(Schedule schedule, int steps) {
        return LongStream.range(0, steps).mapToDouble(schedule::rate).toArray();
    }

    @Test
    void warmUpRisesToTheScheduleAndThenIsIt() {
        assertThat(rates(Schedule.constant(0.4).warmedUp(4), 6))
                .containsExactly(new double[] {0.1, 0.2, 0.3, 0.4, 0.4, 0.4}, ROUNDING);
        Schedule cosine = Schedule.cosine(1, 0, 10);
        assertThat(cosine.warmedUp(2).rate(7)).isEqualTo(cosine.rate(7));
    }

    @Test
    void oneAfterTheOtherStartsFromItsOwnBeginning() {
        Schedule schedule = Schedule.constant(1).then(2, Schedule.exponential(0.5, 0.1));
        assertThat(rates(schedule, 5)).containsExactly(new double[] {1, 1, 0.5, 0.05, 0.005}, ROUNDING);
    }

    @Test
    void chainedSchedulesMultiply() {
        // PyTorch's ChainedScheduler of ConstantLR(0.1, 2) and ExponentialLR(0.9)
        Schedule warm = step -> step < 2 ? 0.1 : 1;
        Schedule chained = Schedule.exponential(1, 0.9).times(warm);
        assertThat(rates(chained, 5)).containsExactly(new double[] {0.1, 0.09, 0.81, 0.729, 0.6561}, ROUNDING);
    }

    @Test
    void plateauLowersTheRateWhenNothingGetsBetter() {
        Sgd sgd = new Sgd(new Linear(1, 1).parameters(), 1);
        Plateau plateau = new Plateau(sgd, 0.1, 2, 1e-3);
        // as PyTorch's ReduceLROnPlateau(factor=0.1, patience=2, min_lr=1e-3): lower after the third measure without a
        // best
        double[] losses = {1, 0.9, 0.9, 0.95, 0.9, 0.8, 0.81, 0.81, 0.81, 0.81, 0.81, 0.81};
        double[] rates = Arrays.stream(losses)
                .map(loss -> {
                    plateau.measure(loss);
                    return sgd.rate();
                })
                .toArray();
        assertThat(rates)
                .containsExactly(
                        new double[] {1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001}, Offset.offset(1e-9));
    }

    @Test
    void periodsThatGrowBeyondAllStepsEnd() {
        Schedule restarts = Schedule.warmRestarts(1, 0, 3, 4);
        assertThat(restarts.rate(3)).isEqualTo(1);
        assertThat(restarts.rate(Long.MAX_VALUE)).isBetween(0.0, 1.0);
        assertThat(Schedule.warmRestarts(1, 0, 1L << 62, 4).rate(1L << 62)).isEqualTo(1);
    }

    @Test
    void badNumbersSaySo() {
        assertThatThrownBy(() -> Schedule.cosine(1, 0, 0)).hasMessageContaining("cosine over 0 steps");
        assertThatThrownBy(() -> Schedule.constant(1).warmedUp(-1)).hasMessageContaining("warm-up over -1 steps");
        Sgd sgd = new Sgd(new Linear(1, 1).parameters(), 1);
        assertThatThrownBy(() -> new Plateau(sgd, 1.5, 2, 0)).hasMessageContaining("factor 1.5");
    }
}
