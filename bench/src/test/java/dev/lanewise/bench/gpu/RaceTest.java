package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RaceTest {
    private static final Race.Runner OURS = new Race.Runner("ours", List.of("ours"), List.of("mlp", "lenet", "text"));
    private static final Race.Runner PEER = new Race.Runner("pytorch", List.of("python3"), List.of("mlp"));
    private static final List<Race.Ratio> RATIO = List.of(new Race.Ratio("ratio", "ours", "pytorch"));

    private static final Deadline LATER = Deadline.in(Duration.ofHours(1));

    private static String measured(String work, double milliseconds) {
        return "{\"workload\":\"" + work + "\",\"ms_per_step\":" + milliseconds + "}";
    }

    @Test
    void theBestTimesOfAlternatingTurnsAreCompared() {
        List<String> order = new ArrayList<>();
        StepResult result = new Race(List.of(OURS, PEER), RATIO, 2).run(LATER, (runner, command, line) -> {
            order.add(runner.name());
            line.accept(measured("mlp", runner.equals(OURS) ? 3 - order.size() * 0.25 : 2 + order.size()));
            return Optional.empty();
        });
        assertThat(order).containsExactly("ours", "pytorch", "pytorch", "ours");
        assertThat(result.status()).isEqualTo(StepResult.PASSED);
        assertThat(result.rows())
                .containsExactly(Map.of("work", "mlp", "ours_us", 2000.0, "pytorch_us", 4000.0, "ratio", 2.0));
        assertThat(result.summary()).isEqualTo("ratio 2.00 to 2.00, geometric mean 2.00");
    }

    /** A machine that is slower than expected then has one turn that counts. */
    @Test
    void aTurnThatThereIsNoTimeForIsOmitted() {
        List<String> order = new ArrayList<>();
        Deadline soon = Deadline.in(Duration.ofSeconds(2));
        StepResult result = new Race(List.of(OURS, PEER), RATIO, 2).run(soon, (runner, command, line) -> {
            order.add(runner.name());
            line.accept(measured("mlp", 1));
            // the turn has taken more than half of the time
            while (runner.equals(PEER) && soon.millisLeft() > 900) {
                LockSupport.parkNanos(10_000_000);
            }
            return Optional.empty();
        });
        assertThat(order).containsExactly("ours", "pytorch");
        assertThat(result.status()).isEqualTo(StepResult.PASSED);
        assertThat(result.summary()).endsWith("; no time was left after turn 1 of 2");
    }

    @Test
    void whatOneRunnerLacksIsLeftOutAndSaid() {
        StepResult result = new Race(List.of(OURS, PEER), RATIO, 1).run(LATER, (runner, command, line) -> {
            if (runner.equals(PEER)) {
                return Optional.of("no torch");
            }
            line.accept(measured("mlp", 1));
            return Optional.empty();
        });
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.summary()).isEqualTo("nothing to compare");
        assertThat(result.failures()).containsExactly("pytorch: mlp: no torch");
        assertThat(result.rows()).containsExactly(Map.of("work", "mlp", "ours_us", 1000.0));
    }

    /** The whole run may be cut off while a program measures; what it has printed by then is in the result. */
    @Test
    void linesAreInTheResultWhileTheirProcessRuns() {
        List<StepResult> between = new ArrayList<>();
        Race race = new Race(List.of(OURS, PEER), RATIO, 2);
        assertThatThrownBy(() -> race.run(LATER, (runner, command, line) -> {
                    line.accept("{\"workload\":\"mlp\"}");
                    line.accept(measured("mlp", 2));
                    line.accept("{\"workload\":\"len");
                    between.add(race.result().stopped());
                    line.accept(measured("lenet", 4));
                    if (runner.equals(PEER)) {
                        throw new IllegalStateException("cut off");
                    }
                    return Optional.empty();
                }))
                .hasMessage("cut off");
        assertThat(between.getFirst().rows()).containsExactly(Map.of("work", "mlp", "ours_us", 2000.0));
        assertThat(between.getFirst().failures())
                .singleElement()
                .asString()
                .startsWith("ours: ")
                .contains("{\"workload\":\"mlp\"}");
        StepResult stopped = race.result().stopped();
        assertThat(stopped.status()).isEqualTo(StepResult.STOPPED);
        assertThat(stopped.summary()).isEqualTo("so far: ratio 1.00 to 1.00, geometric mean 1.00");
        assertThat(stopped.rows()).hasSize(2);
    }

    @Test
    void aProgramGoesOnBehindTheWorkItFailsAt() {
        List<List<String>> commands = new ArrayList<>();
        StepResult result = new Race(List.of(OURS), List.of(), 1).run(LATER, (runner, command, line) -> {
            commands.add(command);
            if (commands.size() == 1) {
                line.accept(measured("mlp", 1));
                return Optional.of("no kernel");
            }
            line.accept(measured("text", 2));
            return Optional.empty();
        });
        assertThat(commands).containsExactly(List.of("ours"), List.of("ours", "--only", "text"));
        assertThat(result.failures()).containsExactly("ours: lenet: no kernel");
        assertThat(result.rows()).hasSize(2);
    }

    @Test
    void aProgramThatFailsAtEverythingIsRunOnceAWork() {
        StepResult result = new Race(List.of(OURS), List.of(), 1)
                .run(LATER, (runner, command, line) -> Optional.of(command.getLast()));
        assertThat(result.failures()).containsExactly("ours: mlp: ours", "ours: lenet: lenet,text", "ours: text: text");
    }

    /** Of all its programs together: they share the time. */
    @Test
    void programsThatFailAreRestartedAFewTimesOnly() {
        List<String> works = IntStream.range(0, 7).mapToObj(i -> "w" + i).toList();
        List<Race.Runner> runners = List.of(
                new Race.Runner("ours", List.of("ours"), works), new Race.Runner("pytorch", List.of("python3"), works));
        List<List<String>> commands = new ArrayList<>();
        StepResult result = new Race(runners, RATIO, 1).run(LATER, (runner, command, line) -> {
            commands.add(command);
            return Optional.of("killed");
        });
        assertThat(commands).hasSize(runners.size() + Race.RESTARTS);
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.failures())
                .contains("ours: w6: killed", "pytorch: w2: killed")
                .endsWith("pytorch: not run, after 8 restarts: w3, w4, w5, w6");
    }
}
