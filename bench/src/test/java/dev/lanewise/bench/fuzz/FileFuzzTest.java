package dev.lanewise.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.bench.fuzz.files.FileFuzz;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FileFuzzTest {
    private static final int FILES = 2_000;

    @Test
    void everyReaderRefusesMutatedFilesAsDocumented() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        long findings = FileFuzz.run(12, FILES, new PrintStream(printed, true, StandardCharsets.UTF_8));
        String report = printed.toString(StandardCharsets.UTF_8);
        assertThat(findings).as(report).isZero();
        // Each reader came to its end, and mutations left some files readable: not all were refused at their first
        // byte.
        assertThat(report.lines())
                .hasSizeGreaterThanOrEqualTo(11)
                .allSatisfy(line ->
                        assertThat(line).contains(": " + FILES + " files, ").doesNotContain(" 0 of them read"));
    }
}
