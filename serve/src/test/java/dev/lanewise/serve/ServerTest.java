package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server from its start to its end. */
class ServerTest {
    private static final String INFER = "/v2/models/slow/infer";

    @TempDir
    Path folder;

    /** Computes at once while it is tried, later when told to. */
    private static final class Slow implements UnaryOperator<Tensor> {
        final CountDownLatch computing = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        volatile boolean slow;

        @Override
        public Tensor apply(Tensor x) {
            if (slow) {
                computing.countDown();
                TestServable.await(go);
            }
            return x.mul(2);
        }
    }

    private static Server.Builder serving(Slow slow) {
        return Server.builder()
                .model("slow", "1", TestServable.of(DType.F32, slow, TensorInfo.OPEN, 3))
                .batching(Batching.usual().withQueue(1))
                .warmUp(Duration.ZERO);
    }

    @Test
    void drainingAnswersWhatWasAcceptedAndRefusesTheRest() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow).start();
                Client client = Client.of(server)) {
            slow.slow = true;
            var accepted = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            slow.computing.await();
            var drained = CompletableFuture.supplyAsync(server::drain);
            while (client.get("/v2/health/ready").statusCode() != 503) {
                Thread.sleep(5);
            }
            HttpResponse<String> refused = client.post(INFER, TestServable.ROW);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(client.get("/v2/health/live").statusCode()).isEqualTo(200);
            assertThat(drained).isNotDone();
            slow.go.countDown();
            assertThat(accepted.get().body()).contains("[2.0,4.0,6.0]");
            assertThat(drained.get()).isTrue();
        }
    }

    /** They would wait for others, of which none can come any more. */
    @Test
    void drainingComputesAtOnceWhatWaitsForOthers() throws Exception {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .batching(Batching.usual().withLongestWait(Duration.ofMinutes(1)))
                        .deadline(Duration.ofMinutes(5))
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            var waiting = CompletableFuture.supplyAsync(() -> client.post("/v2/models/twice/infer", TestServable.ROW));
            client.awaitMetrics("lanewise_requests_in_progress 1.0");
            assertThat(server.drain()).isTrue();
            assertThat(waiting.get().body()).contains("[2.0,4.0,6.0]");
        }
    }

    @Test
    void clientThatGoesAwayFreesItsPlaceInTheQueue() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow).start();
                Client client = Client.of(server)) {
            slow.slow = true;
            var computing = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            slow.computing.await();
            try (Socket waiting = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                waiting.getOutputStream()
                        .write(("POST " + INFER + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                        + TestServable.ROW.length() + "\r\n\r\n" + TestServable.ROW)
                                .getBytes(StandardCharsets.US_ASCII));
                awaitQueue(client, 1);
            }
            awaitQueue(client, 0);
            var next = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            awaitQueue(client, 1);
            slow.go.countDown();
            assertThat(computing.get().statusCode()).isEqualTo(200);
            assertThat(next.get().statusCode()).isEqualTo(200);
            client.awaitMetrics("lanewise_requests_total{model=\"slow\",route=\"infer\",status=\"0\"} 1.0");
        }
    }

    @Test
    void fullQueueRefusesBeforeTheBodyHasCome() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow).start();
                Client client = Client.of(server)) {
            slow.slow = true;
            var computing = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            slow.computing.await();
            var waiting = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            awaitQueue(client, 1);
            try (Socket refused = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                refused.setSoTimeout(60_000);
                refused.getOutputStream()
                        .write(("POST " + INFER + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(refused.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 429");
            }
            slow.go.countDown();
            assertThat(computing.get().statusCode()).isEqualTo(200);
            assertThat(waiting.get().statusCode()).isEqualTo(200);
        }
    }

    private static void awaitQueue(Client client, int length) throws InterruptedException {
        client.awaitMetrics("lanewise_queue_length{model=\"slow\",version=\"1\"} " + length + ".0");
    }

    @Test
    void tooMuchIsRefusedAtOnce() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow).start();
                Client client = Client.of(server)) {
            slow.slow = true;
            var computing = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            slow.computing.await();
            var waiting = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            awaitQueue(client, 1);
            HttpResponse<String> busy = client.post(INFER, TestServable.ROW);
            assertThat(busy.statusCode()).isEqualTo(429);
            assertThat(busy.headers().firstValue("Retry-After")).isPresent();
            slow.go.countDown();
            assertThat(computing.get().statusCode()).isEqualTo(200);
            assertThat(waiting.get().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void lateAnswersAreNotAwaited() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow).deadline(Duration.ofSeconds(1)).start();
                Client client = Client.of(server)) {
            slow.slow = true;
            var computing = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            slow.computing.await();
            // in the queue behind it
            assertThat(client.post(INFER, TestServable.ROW).statusCode()).isEqualTo(504);
            assertThat(computing.get().statusCode()).isEqualTo(504);
            slow.go.countDown();
        }
    }

    @Test
    void clientThatDoesNotSendItsBodyIsDisconnected() throws Exception {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .deadline(Duration.ofSeconds(2))
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server);
                Socket slow = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            slow.setSoTimeout(60_000);
            slow.getOutputStream()
                    .write("POST /v2/models/twice/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(slow.getInputStream().read()).isNegative();
            assertThat(client.post("/v2/models/twice/infer", TestServable.ROW).statusCode())
                    .isEqualTo(200);
            assertThat(server.drain()).isTrue();
            assertThat(client.get("/metrics").body())
                    .contains("lanewise_requests_in_progress 0.0", "lanewise_request_memory_bytes 0.0");
        }
    }

    /** Two connections are all that there may be, and two clients that never finish their headers have them. */
    @Test
    void clientsThatDoNotSendTheirHeaderMakeRoomForOthers() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow)
                        .idle(Duration.ofMillis(800))
                        .connections(2)
                        .start();
                Client client = Client.of(server);
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), server.port());
                Socket trickling = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            slow.slow = true;
            var answer = CompletableFuture.supplyAsync(() -> client.post(INFER, TestServable.ROW));
            silent.setSoTimeout(60_000);
            trickling.setSoTimeout(50);
            assertThat(isClosedInTheEnd(trickling)).isTrue();
            assertThat(silent.getInputStream().read()).isNegative();
            slow.computing.await();
            // what takes the model longer is not the client's fault
            Thread.sleep(1_000);
            slow.go.countDown();
            assertThat(answer.get().statusCode()).isEqualTo(200);
        }
    }

    /** Where such a body ends nobody knows: what follows may be what the next client of a proxy has sent. */
    @Test
    void whatFollowsAMalformedBodyIsNoRequest() throws Exception {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .warmUp(Duration.ZERO)
                        .start();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            String head = " HTTP/1.1\r\nHost: a\r\n";
            String request = "POST /v2/models/twice/infer" + head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"
                    + "GET /v2/health/live" + head + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).startsWith("HTTP/1.1 400").contains("the body can't be read");
            assertThat(answers).doesNotContain("HTTP/1.1 200");
        }
    }

    /** A client may wait for that: Helidon up to 4.5.3 says that it closes, and does not. */
    @ParameterizedTest
    @CsvSource({
        "200, GET /v2/health/live, close, ''",
        "200, POST /v2/models/twice/infer, Close, x",
        "400, POST /v2/models/twice/infer, 'TE, close', y",
        "404, POST /v2/models/none/infer, close, x",
    })
    void lastRequestOfAConnectionClosesIt(int status, String line, String connection, String input) throws Exception {
        String body = input.isEmpty() ? "" : TestServable.ROW.replace("\"x\"", "\"" + input + "\"");
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .warmUp(Duration.ZERO)
                        .start();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            String request = line + " HTTP/1.1\r\nHost: a\r\nConnection: " + connection + "\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 " + status + " ").containsIgnoringCase("\r\nConnection: close\r\n");
            assertThat(answer).doesNotContain("keep-alive");
        }
    }

    /** Whether the first line comes whole or in parts: a client whose connection is just closed learns nothing. */
    @ParameterizedTest
    @CsvSource({
        "505, GET /v2/health/live HTTP/1.0",
        "505, POST /v2/models/twice/infer HTTP/1.0",
        "400, GET /v2/health/live HTTP/1.2",
        "400, PRI * HTTP/2.0",
        "400, GET /v2/health/live",
        "400, what is this"
    })
    void whatIsNotHttp11IsToldSo(int status, String line) throws Exception {
        try (Server server = Server.builder()
                .model("twice", "1", TestServable.doubling())
                .warmUp(Duration.ZERO)
                .start()) {
            byte[] request = (line + "\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
            for (int first : new int[] {request.length, 3}) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                    socket.setSoTimeout(60_000);
                    socket.setTcpNoDelay(true);
                    socket.getOutputStream().write(request, 0, first);
                    if (first < request.length) {
                        Thread.sleep(50);
                    }
                    socket.getOutputStream().write(request, first, request.length - first);
                    String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    assertThat(answer)
                            .startsWith("HTTP/1.1 " + status + " ")
                            .contains("{\"error\":\"no request in HTTP/1.1");
                }
            }
        }
    }

    /** Sends a letter from time to time. */
    private static boolean isClosedInTheEnd(Socket socket) {
        for (int i = 0; i < 1_200; i++) {
            if (isClosed(socket)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isClosed(Socket socket) {
        try {
            socket.getOutputStream().write('G');
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void headIsAnsweredByTheHeaderOfGet() throws Exception {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            for (String path : List.of("/v2/health/live", "/v2/models/twice", "/v1/models", "/metrics")) {
                HttpResponse<String> get = client.get(path);
                HttpResponse<String> head =
                        client.text(client.request(path).HEAD().build());
                assertThat(head.statusCode()).isEqualTo(200);
                assertThat(head.body()).isEmpty();
                assertThat(head.headers().firstValue("Content-Type"))
                        .isEqualTo(get.headers().firstValue("Content-Type"));
                assertThat(head.headers().firstValueAsLong("Content-Length")).isPresent();
            }
        }
    }

    @Test
    void requestSaysHowLongItWaits() throws Exception {
        Slow slow = new Slow();
        try (Server server = serving(slow).start();
                Client client = Client.of(server)) {
            slow.slow = true;
            HttpResponse<String> answer = client.post(
                    INFER, TestServable.ROW.replace("{\"inputs\"", "{\"parameters\":{\"timeout\":20000},\"inputs\""));
            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(answer.body()).contains("within 20 ms");
            slow.go.countDown();
        }
    }

    @Test
    void memoryOfRequestsIsBounded() {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .memory(1_000)
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            assertThat(client.post("/v2/models/twice/infer", TestServable.ROW).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> answer = client.post("/v2/models/twice/infer", TestServable.ROW + " ".repeat(1_000));
            assertThat(answer.statusCode()).isEqualTo(413);
            for (int i = 0; i < 20; i++) {
                assertThat(client.post("/v2/models/twice/infer", TestServable.ROW)
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void onnxModelAnswersAsItDoesWithoutServer() {
        Path file = folder.resolve("model.onnx");
        var network = new Sequential(new Linear(3, 8), new ReLU(), new Linear(8, 2));
        Onnx.export(network, Tensor.zeros(2, 3), file);
        try (Server server = Server.builder()
                        .model("net", "1", Servable.of(OnnxModel.load(file)))
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            float[] expected =
                    network.forward(Tensor.of(new float[] {1, 2, 3}, 1, 3)).toFloatArray();
            String body = client.post("/v2/models/net/infer", TestServable.ROW.replace("\"x\"", "\"input\""))
                    .body();
            String data = body.replaceAll(".*\"data\":\\[(.*?)\\].*", "$1");
            String[] numbers = data.split(",", -1);
            assertThat(numbers).as(body).hasSize(2);
            for (int i = 0; i < 2; i++) {
                assertThat(Float.parseFloat(numbers[i])).as(body).isCloseTo(expected[i], Offset.offset(1e-5f));
            }
        }
    }
}
