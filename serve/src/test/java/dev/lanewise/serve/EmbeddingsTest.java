package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients of OpenAI's embeddings see. */
class EmbeddingsTest {
    private static Server server;
    private static Client client;

    /** The vector of a text: how many letters it has, and their sum; padded to a multiple of four. */
    private static final class Letters implements TextServable {
        @Override
        public Signature signature() {
            return new Signature(
                    List.of(TensorInfo.of("letters", DType.I64, TensorInfo.OPEN, TensorInfo.OPEN)),
                    List.of(TensorInfo.of("vector", DType.F32, TensorInfo.OPEN, 2)));
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            Tensor letters = inputs.get("letters");
            Tensor count = letters.ne(0).to(DType.F32).sum(1).unsqueeze(1);
            Tensor sum = letters.to(DType.F32).sum(1).unsqueeze(1);
            return Map.of("vector", Tensor.cat(1, count, sum));
        }

        @Override
        public Encoded encode(String text) {
            int padded = Math.max(4, (text.length() + 3) / 4 * 4);
            long[] letters = new long[padded];
            for (int i = 0; i < text.length(); i++) {
                letters[i] = text.charAt(i);
            }
            return new Encoded(Map.of("letters", TensorData.of(letters, 1, padded)), text.length());
        }
    }

    @BeforeAll
    static void start() {
        server = Server.builder()
                .model("letters", "1", new Letters())
                .model("twice", "1", TestServable.doubling())
                .batching(Batching.usual().withLargest(8).withQueue(16))
                .warmUp(Duration.ZERO)
                .start();
        client = Client.of(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    /** The vector of any text: its version; the first version waits before it has encoded a text. */
    private record Version(long number, CountDownLatch encoding, CountDownLatch go) implements TextServable {
        @Override
        public Signature signature() {
            return new Letters().signature();
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            return new Letters().compute(inputs);
        }

        @Override
        public Encoded encode(String text) {
            encoding.countDown();
            if (number == 1) {
                TestServable.await(go);
            }
            return new Encoded(Map.of("letters", TensorData.of(new long[] {number}, 1, 1)), 1);
        }
    }

    @Test
    void textsOfAVersionThatIsReplacedAreAnsweredByTheNextOne(@TempDir Path root) throws Exception {
        CountDownLatch encoding = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Path versions = Files.createDirectories(root.resolve("net"));
        Files.writeString(Files.createDirectory(versions.resolve("1")).resolve("letters"), "");
        ModelLoader loader = new ModelLoader() {
            @Override
            public boolean accepts(Path folder) {
                return true;
            }

            @Override
            public Servable load(Path folder) {
                return new Version(Long.parseLong(folder.getFileName().toString()), encoding, go);
            }
        };
        try (Server exchanging = Server.builder()
                        .models(root)
                        .loader(loader)
                        .watchEvery(Duration.ofMillis(10))
                        .warmUp(Duration.ZERO)
                        .start();
                Client asking = Client.of(exchanging)) {
            var answer = CompletableFuture.supplyAsync(
                    () -> asking.post("/v1/embeddings", "{\"model\":\"net\",\"input\":\"a\"}"));
            encoding.await();
            Files.writeString(Files.createDirectory(versions.resolve("2")).resolve("letters"), "");
            while (exchanging.models().getOrDefault("net", List.of()).size() < 2) {
                Thread.sleep(10);
            }
            Files.move(versions.resolve("1"), versions.resolve(".1"));
            while (Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().equals("net/1-0"))) {
                Thread.sleep(10);
            }
            assertThat(exchanging.models()).isEqualTo(Map.of("net", List.of("2")));
            go.countDown();
            assertThat(answer.get().body()).contains("\"embedding\":[1.0,2.0]");
        }
    }

    /** Waits in the model, once it was tried, until it may go on; counts the texts that it has encoded. */
    private record Busy(CountDownLatch computing, CountDownLatch go, AtomicBoolean waits, AtomicInteger encoded)
            implements TextServable {
        @Override
        public Signature signature() {
            return new Letters().signature();
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            if (waits.get()) {
                computing.countDown();
                TestServable.await(go);
            }
            return new Letters().compute(inputs);
        }

        @Override
        public Encoded encode(String text) {
            encoded.incrementAndGet();
            return new Letters().encode(text);
        }
    }

    @Test
    void fullQueueRefusesBeforeTextsAreEncoded() throws Exception {
        Busy busy = new Busy(new CountDownLatch(1), new CountDownLatch(1), new AtomicBoolean(), new AtomicInteger());
        String body = "{\"model\":\"busy\",\"input\":\"a\"}";
        try (Server full = Server.builder()
                        .model("busy", "1", busy)
                        .batching(Batching.usual().withQueue(1))
                        .warmUp(Duration.ZERO)
                        .start();
                Client asking = Client.of(full)) {
            busy.waits.set(true);
            var computing = CompletableFuture.supplyAsync(() -> asking.post("/v1/embeddings", body));
            busy.computing.await();
            var waiting = CompletableFuture.supplyAsync(() -> asking.post("/v1/embeddings", body));
            asking.awaitMetrics("lanewise_queue_length{model=\"busy\",version=\"1\"} 1.0");
            assertThat(asking.post("/v1/embeddings", body).statusCode()).isEqualTo(429);
            assertThat(busy.encoded).hasValue(2);
            busy.go.countDown();
            assertThat(computing.get().statusCode()).isEqualTo(200);
            assertThat(waiting.get().statusCode()).isEqualTo(200);
        }
    }

    private static HttpResponse<String> embed(String body) {
        return client.post("/v1/embeddings", body);
    }

    @Test
    void textsBecomeVectorsInTheirOrder() {
        assertThat(embed("{\"model\":\"letters\",\"input\":[\"a\",\"bcdef\",\"\",\"b\"],\"user\":\"u\"}")
                        .body())
                .isEqualTo("{\"object\":\"list\",\"data\":["
                        + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[1.0,97.0]},"
                        + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[5.0,500.0]},"
                        + "{\"object\":\"embedding\",\"index\":2,\"embedding\":[0.0,0.0]},"
                        + "{\"object\":\"embedding\",\"index\":3,\"embedding\":[1.0,98.0]}],"
                        + "\"model\":\"letters\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}");
    }

    @Test
    void oneTextNeedsNoArrayAndVectorsMayBeBytes() {
        String body = embed(
                        "{\"input\":\"ab\",\"model\":\"letters\",\"encoding_format\":\"base64\",\"dimensions\":2,\"user\":null}")
                .body();
        String text = body.replaceAll(".*\"embedding\":\"([^\"]*)\".*", "$1");
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.getFloat()).isEqualTo(2);
        assertThat(bytes.getFloat()).isEqualTo(195);
        assertThat(bytes.hasRemaining()).isFalse();
    }

    @Test
    void nullSaysTheSameAsNothing() {
        assertThat(embed("{\"input\":\"a\",\"model\":\"letters\",\"encoding_format\":null,\"dimensions\":null}")
                        .body())
                .contains("\"embedding\":[1.0,97.0]");
    }

    @Test
    void manyTextsGoThroughTheModelInParts() {
        String texts = IntStream.range(0, 100)
                .mapToObj(i -> "\"" + "a".repeat(i % 7) + "\"")
                .collect(Collectors.joining(","));
        String body = embed("{\"model\":\"letters\",\"input\":[" + texts + "]}").body();
        for (int i = 0; i < 100; i++) {
            assertThat(body).contains("\"index\":" + i + ",\"embedding\":[" + i % 7 + ".0," + i % 7 * 97 + ".0]");
        }
    }

    @Test
    void whatIsRefusedLeavesNothingInTheQueue() throws InterruptedException {
        // 40 lengths make 40 batches, and 16 may wait
        String texts = IntStream.range(0, 40)
                .mapToObj(i -> "\"" + "a".repeat(4 * i) + "\"")
                .collect(Collectors.joining(","));
        for (int i = 0; i < 5; i++) {
            HttpResponse<String> answer = embed("{\"model\":\"letters\",\"input\":[" + texts + "]}");
            assertThat(answer.statusCode()).isIn(200, 429);
        }
        assertThat(embed("{\"model\":\"letters\",\"input\":\"a\"}").statusCode())
                .isEqualTo(200);
        String empty = "lanewise_queue_length{model=\"letters\",version=\"1\"} 0.0";
        String given = "lanewise_request_memory_bytes 0.0";
        client.awaitMetrics(empty, given);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "400|{}|no 'input'",
                "400|{\"model\":\"letters\"}|no 'input'",
                "400|{\"model\":\"letters\",\"input\":[]}|no 'input'",
                "400|{\"model\":\"letters\",\"input\":[1,2]}|tokens",
                "400|{\"model\":\"letters\",\"input\":[[1]]}|expected texts",
                "400|{\"model\":\"letters\",\"input\":[{}]}|expected VALUE_STRING",
                "400|{\"model\":\"letters\",\"input\":null}|no 'input'",
                "400|{\"model\":7,\"input\":\"a\"}|model: found",
                "400|{\"model\":\"twice\",\"input\":\"a\"}|takes no texts",
                "400|{\"model\":\"letters\",\"input\":\"a\",\"encoding_format\":\"hex\"}|expected 'float' or 'base64'",
                "400|{\"model\":\"letters\",\"input\":\"a\",\"dimensions\":3}|expected 2",
                "400|{\"model\":\"letters\",\"input\":\"a\"}{}|goes on",
                "400|{|not a JSON object",
                "404|{\"model\":\"none\",\"input\":\"a\"}|expected one of",
            })
    void wrongRequestsAreToldWhy(int status, String body, String why) {
        HttpResponse<String> answer = embed(body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).startsWith("{\"error\":{\"message\":\"").contains(why);
    }
}
