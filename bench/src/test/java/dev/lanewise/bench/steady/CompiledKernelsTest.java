package dev.lanewise.bench.steady;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.bench.Child;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No kernel depends on the luck of the compiler: whatever ran before, C2 leaves no access to memory and no vector
 * operation as a call because a method has grown too large for it.
 */
class CompiledKernelsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noAccessIsLeftAsCallWhateverRanBefore(long seed) throws Exception {
        assertThat(Inlining.leftAsCalls(record(seed))).isEmpty();
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
