package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RaceTest {
    private static final Race.Runner OURS = new Race.Runner("ours", List.of("ours"), List.of("mlp", "lenet", "text"));
    private static final Race.Runner PEER = new Race.Runner("pytorch", List.of("python3"), List.of("mlp"));
    private static final List<Race.Ratio> RATIO = List.of(new Race.Ratio("ratio", "ours", "pytorch"));

    private static Race.Run printed(double milliseconds) {
        return new Race.Run(List.of("{\"workload\":\"mlp\",\"ms_per_step\":" + milliseconds + "}"), List.of());
    }

    @Test
    void theBestTimesOfAlternatingTurnsAreCompared() {
        List<String> order = new ArrayList<>();
        StepResult result = new Race(List.of(OURS, PEER), RATIO, 2).run(runner -> {
            order.add(runner.name());
            return printed(runner.equals(OURS) ? 3 - order.size() * 0.25 : 2 + order.size());
        });
        assertThat(order).containsExactly("ours", "pytorch", "pytorch", "ours");
        assertThat(result.status()).isEqualTo(StepResult.PASSED);
        assertThat(result.rows())
                .containsExactly(Map.of("work", "mlp", "ours_us", 2000.0, "pytorch_us", 4000.0, "ratio", 2.0));
        assertThat(result.summary()).isEqualTo("ratio 2.00 to 2.00, geometric mean 2.00");
    }

    @Test
    void whatOneRunnerLacksIsLeftOutAndSaid() {
        StepResult result = new Race(List.of(OURS, PEER), RATIO, 1)
                .run(runner -> runner.equals(OURS) ? printed(1) : new Race.Run(List.of(), List.of("no torch")));
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.summary()).isEqualTo("nothing to compare");
        assertThat(result.failures()).containsExactly("pytorch: no torch");
        assertThat(result.rows()).containsExactly(Map.of("work", "mlp", "ours_us", 1000.0));
    }

    @Test
    void aProgramGoesOnBehindTheWorkItFailsAt() {
        List<List<String>> commands = new ArrayList<>();
        Race.Run run = OURS.run(() -> true, (command, line) -> {
            commands.add(command);
            if (commands.size() == 1) {
                line.accept("{\"workload\":\"mlp\",\"ms_per_step\":1}");
                return Optional.of("no kernel");
            }
            line.accept("{\"workload\":\"text\",\"ms_per_step\":2}");
            return Optional.empty();
        });
        assertThat(commands).containsExactly(List.of("ours"), List.of("ours", "--only", "text"));
        assertThat(run.problems()).containsExactly("lenet: no kernel");
        assertThat(run.lines()).hasSize(2);
    }

    @Test
    void aProgramThatFailsAtEverythingIsRunOnceAWork() {
        Race.Run run = OURS.run(() -> true, (command, line) -> Optional.of(command.getLast()));
        assertThat(run.problems()).containsExactly("mlp: ours", "lenet: lenet,text", "text: text");
    }

    /** Of all its programs together: they share the time. */
    @Test
    void programsThatFailAreRestartedAFewTimesOnly() {
        List<String> works = IntStream.range(0, 7).mapToObj(i -> "w" + i).toList();
        List<Race.Runner> runners = List.of(
                new Race.Runner("ours", List.of("ours"), works), new Race.Runner("pytorch", List.of("python3"), works));
        Race race = new Race(runners, RATIO, 1);
        List<List<String>> commands = new ArrayList<>();
        StepResult result = race.run(runner -> runner.run(race::mayRestart, (command, line) -> {
            commands.add(command);
            return Optional.of("killed");
        }));
        assertThat(commands).hasSize(runners.size() + Race.RESTARTS);
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.failures())
                .contains("ours: w6: killed", "pytorch: w2: killed")
                .endsWith("pytorch: not run, after 8 restarts: w3, w4, w5, w6");
    }
}
