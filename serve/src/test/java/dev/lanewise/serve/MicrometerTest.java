package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.serve.micrometer.MicrometerObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Micrometer is told of. */
class MicrometerTest {
    @Test
    void metersHoldWhatThePageForPrometheusHolds(@TempDir Path folder) throws IOException {
        MeterRegistry registry = new SimpleMeterRegistry();
        try (Server server = Server.builder()
                        .model("twice", "7", TestServable.doubling())
                        .model("words", "1", Servable.of(SmallGenerator.in(folder)))
                        .warmUp(Duration.ZERO)
                        .observer(new MicrometerObserver(registry))
                        .start();
                Client client = Client.of(server)) {
            client.post(
                    "/v2/models/twice/infer",
                    TestServable.ROW.replace("[1,3]", "[2,3]").replace("1,2,3", "1,2,3,4,5,6"));
            client.post("/v2/models/twice/infer", "{}");
            client.post("/v1/completions", "{\"model\":\"words\",\"prompt\":\"cats\",\"max_tokens\":5}");
        }
        assertThat(registry.get("lanewise.requests")
                        .tags("route", "infer", "model", "twice", "status", "200")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("lanewise.errors")
                        .tag("kind", "invalid")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("lanewise.request.duration")
                        .tag("model", "twice")
                        .timer()
                        .count())
                .isEqualTo(2);
        assertThat(registry.get("lanewise.batch.rows")
                        .tag("model", "twice")
                        .summary()
                        .totalAmount())
                .isEqualTo(2);
        assertThat(registry.get("lanewise.queue.duration")
                        .tag("model", "words")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("lanewise.compute.duration")
                        .tag("model", "words")
                        .timer()
                        .count())
                .isEqualTo(5);
        assertThat(registry.get("lanewise.tokens")
                        .tags("model", "words", "kind", "new")
                        .counter()
                        .count())
                .isEqualTo(5);
        assertThat(registry.get("lanewise.tensor.memory.bytes").gauge().value()).isPositive();
        assertThat(registry.get("lanewise.requests.in.progress").gauge().value())
                .isZero();
    }
}
