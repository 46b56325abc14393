package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.bench.OpWorkloads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PaceTest {
    /** Seconds for a JVM or Python to start on a GPU, and what works take beside their warm-up and rounds. */
    private static final double START = 3;

    private static final double PER_WORK = 0.2;

    private static final List<Pace.Load> LOADS = List.of(new Pace.Load(10, true, 0.1), new Pace.Load(10, false, 0.1));

    /** However fast the device is: warm-ups and rounds last as long as the commands say. */
    @ParameterizedTest
    @ValueSource(strings = {"first", "second", "all"})
    void programsThatMeasureHaveTimeForAllTheirTurns(String profile) {
        String home = System.setProperty("lanewise.home", Path.of("..").toString());
        try {
            for (Schedule.Planned planned : Schedule.PROFILES.get(profile).steps()) {
                if (planned.step().isMeasured()) {
                    Race race = race(planned);
                    assertThat(race.turns()).as(planned.step().id()).isEqualTo(2);
                    assertThat(leastSeconds(race))
                            .as(planned.step().id())
                            .isGreaterThan(0.5 * planned.seconds())
                            .isLessThan(0.95 * planned.seconds());
                }
            }
        } finally {
            if (home == null) {
                System.clearProperty("lanewise.home");
            } else {
                System.setProperty("lanewise.home", home);
            }
        }
    }

    private static Race race(Schedule.Planned planned) {
        Deadline deadline = Deadline.in(Duration.ofSeconds(planned.seconds()));
        GpuRun run = new GpuRun(
                planned.step(), "cuda:0", false, true, deadline, Path.of("results"), line -> {}, soFar -> {});
        String id = planned.step().id();
        Races races = new Races(run, id.substring(id.indexOf('-') + 1));
        return id.equals("ops") ? races.ops() : id.startsWith("compile") ? races.compiled() : races.train();
    }

    private static double leastSeconds(Race race) {
        return race.turns()
                * race.runners().stream().mapToDouble(PaceTest::leastSeconds).sum();
    }

    private static double leastSeconds(Race.Runner runner) {
        List<String> command = runner.command();
        boolean isPeer = runner.name().startsWith("pytorch");
        assertThat(command.contains("--warm-up")).isNotEqualTo(isPeer);
        double warmUp = isPeer ? 0 : option(command, "--warm-up");
        double each = warmUp + option(command, "--rounds") * option(command, "--budget");
        assertThat(each).isGreaterThan(isPeer ? 0.1 : 0.25);
        double preparation = command.contains("compile") ? Pace.COMPILATION : PER_WORK;
        int measurements =
                command.contains("ops") ? OpWorkloads.count() : runner.works().size();
        return START + measurements * (each + preparation);
    }

    private static double option(List<String> command, String name) {
        return Double.parseDouble(command.get(command.indexOf(name) + 1));
    }

    @Test
    void enoughTimeLeavesThePaceAsItIs() {
        assertThat(Pace.STEPS.within(1000, LOADS)).isEqualTo(Pace.STEPS);
    }

    @Test
    void lessTimeMakesItFaster() {
        Pace pace = Pace.STEPS.within(60, LOADS);
        assertThat(pace.turns()).isEqualTo(2);
        assertThat(pace.rounds()).isEqualTo(3);
        // of 30 s a turn 8 are not measured; three quarters of the rest instead of 60 s
        assertThat(pace.warmUp()).isCloseTo(3 * 16.5 / 60, within(1e-9));
        assertThat(pace.rounds() * pace.budget()).isCloseTo(1.5 * 16.5 / 60, within(1e-9));
    }

    @Test
    void littleTimeLeavesOneTurn() {
        Pace pace = Pace.STEPS.within(20, LOADS);
        assertThat(pace.turns()).isEqualTo(1);
        assertThat(pace.warmUp()).isCloseTo(3 * 9.0 / 60, within(1e-9));
        Pace none = Pace.STEPS.within(1, LOADS);
        assertThat(none.turns()).isEqualTo(1);
        assertThat(none.budget()).isPositive();
    }
}
