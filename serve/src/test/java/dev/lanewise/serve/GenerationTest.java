package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.lm.TextGenerator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Places, memory and time of texts that are generated, and what frees them. */
class GenerationTest {
    private static final String TEXTS = "/v1/completions";

    /** Takes minutes, if nobody ends it. */
    private static final String ENDLESS =
            "{\"model\":\"words\",\"prompt\":\"cats\",\"temperature\":0,\"max_tokens\":49000,\"stream\":%s}";

    private static final String SHORT = "{\"model\":\"words\",\"prompt\":\"cats\",\"temperature\":0,\"max_tokens\":8}";

    @TempDir
    private static Path folder;

    private static TextGenerator generator;

    @BeforeAll
    static void write() throws IOException {
        generator = SmallGenerator.in(folder);
    }

    private static Server.Builder serving(GenerationLimits limits) {
        return Server.builder()
                .model("words", "1", Servable.of(generator))
                .generation(limits)
                .warmUp(Duration.ZERO);
    }

    private static double metric(Client client, String name) {
        return client.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static void await(Client client, String metric, double value) throws InterruptedException {
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (metric(client, metric) != value && System.nanoTime() < patience) {
            Thread.sleep(5);
        }
        assertThat(metric(client, metric)).as(metric).isEqualTo(value);
    }

    /** Sends a request, and closes the connection when told to, without reading what comes. */
    private static Socket send(Server server, String body) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream()
                .write(("POST " + TEXTS + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                                + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void clientThatGoesAwayFreesItsPlace(boolean streamed) throws Exception {
        try (Server server = serving(GenerationLimits.usual().withSequences(1)).start();
                Client client = Client.of(server)) {
            try (Socket running = send(server, ENDLESS.formatted(streamed));
                    Socket waiting = send(server, ENDLESS.formatted(streamed))) {
                await(client, "lanewise_texts_running", 1);
                await(client, "lanewise_queue_length", 1);
                assertThat(metric(client, "lanewise_cache_bytes")).isPositive();
                waiting.close();
                await(client, "lanewise_queue_length", 0);
                running.close();
            }
            assertThat(client.post(TEXTS, SHORT).statusCode()).isEqualTo(200);
            await(client, "lanewise_texts_running", 0);
            await(client, "lanewise_cache_bytes", 0);
            await(client, "lanewise_requests_in_progress", 0);
        }
    }

    @Test
    void fullQueueIsAnsweredAtOnce() throws Exception {
        GenerationLimits limits = GenerationLimits.usual().withSequences(1).withQueue(1);
        try (Server server = serving(limits).start();
                Client client = Client.of(server);
                Socket running = send(server, ENDLESS.formatted(true))) {
            await(client, "lanewise_texts_running", 1);
            try (Socket waiting = send(server, ENDLESS.formatted(true))) {
                await(client, "lanewise_queue_length", 1);
                HttpResponse<String> refused = client.post(TEXTS, SHORT);
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(Long.parseLong(
                                refused.headers().firstValue("Retry-After").orElseThrow()))
                        .isPositive();
                assertThat(refused.body()).contains("\"code\":\"busy\"");
                waiting.close();
            }
            running.close();
            await(client, "lanewise_texts_running", 0);
        }
    }

    @Test
    void memoryForKeysAndValuesIsBounded() throws Exception {
        // of 2 layers, 2 heads of 4 numbers, each a block of 128 tokens
        long block = 2L * 2 * 2 * 4 * 128 * Float.BYTES;
        try (Server server = serving(GenerationLimits.usual().withCacheBytes(2 * block))
                        .start();
                Client client = Client.of(server);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            HttpResponse<String> tooLarge = client.post(TEXTS, SHORT.replace("8}", "400}"));
            assertThat(tooLarge.statusCode()).isEqualTo(413);
            assertThat(tooLarge.body()).contains("keys and values of 401 tokens");
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                answers.add(threads.submit(() -> client.post(TEXTS, SHORT.replace("8}", "100}"))));
            }
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
                assertThat(metric(client, "lanewise_cache_bytes")).isLessThanOrEqualTo(2 * block);
            }
            await(client, "lanewise_texts_running", 0);
            assertThat(client.get("/metrics").body())
                    .contains("lanewise_batch_rows_bucket{model=\"words\",le=\"2.0\"} "
                            + (long) metric(client, "lanewise_batch_rows_count"));
        }
    }

    @Test
    void deadlineEndsATextHoweverItIsSent() throws Exception {
        // long enough that a busy machine begins with the text by then
        GenerationLimits limits = GenerationLimits.usual().withDeadline(Duration.ofSeconds(1));
        try (Server server = serving(limits).start();
                Client client = Client.of(server)) {
            HttpResponse<String> whole = client.post(TEXTS, ENDLESS.formatted(false));
            assertThat(whole.statusCode()).isEqualTo(504);
            HttpResponse<String> streamed = client.post(TEXTS, ENDLESS.formatted(true));
            assertThat(streamed.statusCode()).isEqualTo(200);
            assertThat(streamed.body())
                    .contains("data: {\"error\":{\"message\":\"the text was not complete in time")
                    .doesNotContain("[DONE]");
            await(client, "lanewise_texts_running", 0);
            await(client, "lanewise_errors_total", 2);
        }
    }

    @Test
    void textsThatComeAfterAnErrorAreGenerated(@TempDir Path other) throws Exception {
        TextGenerator failing = SmallGenerator.in(other);
        AtomicBoolean fails = new AtomicBoolean();
        failing.model().hookForward("lm_head", scores -> {
            if (fails.getAndSet(false)) {
                throw new InternalError("a fault in mapped memory");
            }
            return scores;
        });
        try (Server server = Server.builder()
                        .model("words", "1", Servable.of(failing))
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            String expected = client.post(TEXTS, SHORT).body().replaceAll(".*\"text\"|,\"logprobs.*", "");
            fails.set(true);
            assertThat(client.post(TEXTS, SHORT).statusCode()).isEqualTo(500);
            assertThat(fails).isFalse();
            assertThat(client.post(TEXTS, SHORT).body().replaceAll(".*\"text\"|,\"logprobs.*", ""))
                    .isEqualTo(expected);
            await(client, "lanewise_texts_running", 0);
            await(client, "lanewise_cache_bytes", 0);
        }
    }

    @Test
    void versionThatIsReplacedFinishesItsTexts(@TempDir Path models) throws Exception {
        Path first = SmallGenerator.write(models.resolve("words").resolve("1"));
        try (Server server = Server.builder()
                        .models(models)
                        .watchEvery(Duration.ofMillis(20))
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            assertThat(server.models()).containsEntry("words", List.of("1"));
            String asked = SHORT.replace("8}", "1500}");
            String expected = client.post(TEXTS, asked).body().replaceAll(".*\"text\"|,\"logprobs.*", "");
            var answer = CompletableFuture.supplyAsync(() -> client.post(TEXTS, asked));
            await(client, "lanewise_texts_running", 1);
            Files.setLastModifiedTime(first.resolve("config.json"), FileTime.fromMillis(1_000_000));
            while (metric(client, "lanewise_model_loads_total") < 2) {
                Thread.sleep(5);
            }
            assertThat(client.post(TEXTS, SHORT).statusCode()).isEqualTo(200);
            assertThat(answer.get().body().replaceAll(".*\"text\"|,\"logprobs.*", ""))
                    .isEqualTo(expected);
        }
    }
}
