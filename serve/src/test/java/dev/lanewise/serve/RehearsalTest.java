package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a process asks itself before others can. */
class RehearsalTest {
    @Test
    void requestsAreComputedRefusedAndFoundWrong() throws Exception {
        Set<Integer> seen = new TreeSet<>();
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (seen.size() < 3 && System.nanoTime() < patience) {
            seen.addAll(Rehearsal.statuses(Duration.ofMillis(300), Duration.ofMinutes(1)));
        }
        assertThat(seen).containsExactly(200, 400, 429);
    }

    @Test
    void nobodyElseSeesIt() {
        List<String> lines = new CopyOnWriteArrayList<>();
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .accessLog(lines::add)
                        .warmUp(Duration.ofMillis(50))
                        .start();
                Client client = Client.of(server)) {
            assertThat(lines).isEmpty();
            assertThat(server.models()).containsOnlyKeys("twice");
            assertThat(client.get("/metrics").body())
                    .doesNotContain(Rehearsal.MODEL, "lanewise_requests_total{", "lanewise_errors_total{");
        }
    }
}
