package dev.lanewise.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A moment of what {@code lanewise bench soak} does for minutes. */
final class SoakTest {
    @TempDir
    private Path folder;

    @Test
    void noAnswerIsWrongOrLostWhileVersionsAreExchangedAndClientsGoAway() throws Exception {
        List<String> said = new ArrayList<>();
        Soak.Seen seen = new Soak(Duration.ofMillis(1_200), Duration.ofMillis(300), 2, said::add).run(folder);
        assertThat(seen.counts().faults()).as("%s", said).isEmpty();
        assertThat(said).doesNotContain("the server did not drain");
        assertThat(seen.counts().tensors.sum()).isPositive();
        assertThat(seen.counts().texts.sum()).isPositive();
        assertThat(seen.counts().killed.sum()).isPositive();
    }
}
