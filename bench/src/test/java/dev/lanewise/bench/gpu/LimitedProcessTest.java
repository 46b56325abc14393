package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Processes with a limit of time, also those that leave something behind. */
class LimitedProcessTest {
    @TempDir
    private Path folder;

    @Test
    void aCommandThatIsNotThereEndsAsInAShell() throws IOException {
        Path log = folder.resolve("log");
        LimitedProcess.End end = LimitedProcess.run(
                List.of("no-such-command"), Map.of(), Deadline.in(Duration.ofMinutes(1)), log, line -> {});
        assertThat(end).isEqualTo(new LimitedProcess.End(LimitedProcess.NOT_STARTED, true));
        assertThat(log).content().contains("no-such-command");
    }

    @Test
    void aProcessIsEndedWithWhatItStartedWhenItsTimeIsOver() throws IOException {
        Path log = Files.createFile(folder.resolve("log"));
        List<String> lines = new ArrayList<>();
        LimitedProcess.End end = LimitedProcess.run(
                List.of("sh", "-c", "echo begun; sleep 3600 & wait"),
                Map.of(),
                Deadline.in(Duration.ofSeconds(3)),
                log,
                lines::add);
        assertThat(end.inTime()).isFalse();
        assertThat(lines).containsExactly("begun");
    }

    /** What it has left behind holds its output open, as one does that hangs in a driver and can't be ended. */
    @ParameterizedTest
    @CsvSource({"0.5, 60000, true", "3600, 4000, false"})
    void noStepWaitsForWhatCannotBeEnded(String rest, long limit, boolean good) throws IOException {
        Path log = Files.createFile(folder.resolve("log"));
        Path read = folder.resolve("read");
        // the JDK ends the output of a process that ends while nobody reads it, so this one waits for its reader
        String command = "echo begun; (sleep 60 &); while [ ! -e '" + read + "' ]; do sleep 0.05; done; sleep " + rest;
        LimitedProcess.End end = LimitedProcess.run(
                List.of("sh", "-c", command),
                Map.of(),
                Deadline.in(Duration.ofMillis(limit)),
                Duration.ofMillis(300),
                log,
                line -> write(read, line));
        assertThat(end.good()).isEqualTo(good);
        assertThat(read).hasContent("begun");
        assertThat(log).content().contains("its output is still open");
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aLineThatNobodyUnderstandsEndsItsProcess() throws IOException {
        Path log = Files.createFile(folder.resolve("log"));
        assertThatThrownBy(() -> LimitedProcess.run(
                        List.of("sh", "-c", "echo 1; sleep 3600"),
                        Map.of(),
                        Deadline.in(Duration.ofMinutes(2)),
                        log,
                        line -> {
                            throw new IllegalArgumentException(line);
                        }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1");
    }
}
