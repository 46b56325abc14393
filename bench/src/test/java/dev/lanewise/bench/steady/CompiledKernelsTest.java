package dev.lanewise.bench.steady;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.bench.Child;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No kernel depends on the luck of the compiler: whatever ran before, C2 leaves no access to memory and no vector
 * operation as a call because a method has grown too large for it. What one order leaves in a method that hands out work is
 * chance and costs nothing; what two leave is a method too large.
 */
class CompiledKernelsTest {
    private static final int ORDERS = 2;

    @TempDir
    private Path folder;

    @Test
    void noAccessIsLeftAsCallWhateverRanBefore() throws Exception {
        Map<String, Integer> found = new TreeMap<>();
        for (int seed = 1; seed <= ORDERS; seed++) {
            for (String call : Inlining.leftAsCalls(record(seed))) {
                found.merge(call, 1, Integer::sum);
            }
        }
        found.values().removeIf(times -> times < 2);
        assertThat(found).isEmpty();
    }

    private Path record(long seed) throws Exception {
        Path recording = folder.resolve("tour.jfr");
        List<String> command = Child.java(
                List.of("-XX:+UseSerialGC"),
                KernelTour.class,
                List.of(
                        Long.toString(seed),
                        recording.toString(),
                        Integer.getInteger("lanewise.tour.milliseconds", 15).toString()));
        Path log = folder.resolve("tour.log");
        Process tour = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(tour.waitFor(10, TimeUnit.MINUTES)).isTrue();
        assertThat(tour.exitValue()).as(() -> "see " + log).isZero();
        return recording;
    }
}
