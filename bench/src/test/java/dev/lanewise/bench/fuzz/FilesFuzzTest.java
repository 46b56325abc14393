package dev.lanewise.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.bench.fuzz.files.FileCases;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FilesFuzzTest {
    private static final int FILES = 2_000;

    @Test
    void everyReaderRefusesMutatedFilesAsDocumented() {
        List<FuzzFinding> findings = new ArrayList<>();
        FuzzRun run = new FuzzRun(FuzzPart.FILES.target(), 12, FuzzPart.FILES.secondsPerCase(), findings::add);
        run.run(0, (long) FILES * FileCases.readers());
        assertThat(findings).isEmpty();
        assertThat(run.done()).isEqualTo((long) FILES * FileCases.readers());
    }
}
