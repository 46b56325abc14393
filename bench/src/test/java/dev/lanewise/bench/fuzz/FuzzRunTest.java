package dev.lanewise.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class FuzzRunTest {
    private static final int CRASH = 2;
    private static final int HANG = 4;
    private static final int WRONG = 5;

    /** Ends its process, hangs, and finds something, each once. */
    static final class FaultyTarget implements FuzzTarget {
        @Override
        public Optional<Fault> run(long seed, long number, Consumer<String> begins) {
            begins.accept("case " + number + " of seed " + seed);
            switch ((int) number) {
                case CRASH -> Runtime.getRuntime().halt(134);
                case HANG -> sleep();
                case WRONG -> {
                    return Optional.of(new Fault("wrong result", "3 != 4"));
                }
                default -> {
                    return Optional.empty();
                }
            }
            return Optional.empty();
        }

        private static void sleep() {
            try {
                Thread.sleep(3_600_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void goesOnBehindACrashAndAHang() {
        List<FuzzFinding> findings = new ArrayList<>();
        FuzzRun run = new FuzzRun(FaultyTarget.class, 7, 2, findings::add);
        run.run(1, 8);
        assertThat(findings).extracting(FuzzFinding::number).containsExactly(2L, 4L, 5L);
        assertThat(findings).extracting(FuzzFinding::kind).containsExactly("crash", "hang", "wrong result");
        assertThat(findings.get(0).text()).contains("case 2 of seed 7", "134");
        assertThat(findings.get(1).text()).contains("case 4 of seed 7", "2 s");
        assertThat(findings.get(2).line(FuzzPart.OPS, 7)).isEqualTo("ops --seed 7 --first 5: wrong result: 3 != 4");
        assertThat(run.done()).isEqualTo(7);
    }
}
