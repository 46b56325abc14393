package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that want to keep a server from answering others. */
class HostileTest {
    private static final String INFER = "/v2/models/twice/infer";

    private static Server.Builder serving() {
        return Server.builder().model("twice", "1", TestServable.doubling()).warmUp(Duration.ZERO);
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void bodyThatIsAnnouncedTakesNoMemoryUntilItComes() throws Exception {
        try (Server server = serving().memory(1_000_000).start();
                Client client = Client.of(server);
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            write(silent, "POST " + INFER + " HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n{");
            client.awaitMetrics("lanewise_request_memory_bytes 65536.0");
            String body = TestServable.ROW + " ".repeat(800_000);
            assertThat(client.post(INFER, body).body()).contains("[2.0,4.0,6.0]");
            // what can never be is refused before it comes
            HttpResponse<String> never = client.post(INFER, body + " ".repeat(200_000));
            assertThat(never.statusCode()).as(never.body()).isEqualTo(413);
        }
    }

    /** As bytes an answer is as large as its request; as text it takes many times that while it is written. */
    @Test
    void answersTakeOfTheMemoryOfRequests() throws Exception {
        int rows = 20_000;
        int size = rows * 3 * Float.BYTES;
        try (Server server = serving().memory(1_000_000).start();
                Client client = Client.of(server)) {
            for (boolean binary : new boolean[] {false, true}) {
                byte[] json = ("{\"inputs\":[{\"name\":\"x\",\"shape\":[" + rows + ",3],\"datatype\":\"FP32\","
                                + "\"parameters\":{\"binary_data_size\":" + size
                                + "}}],\"parameters\":{\"binary_data_output\":" + binary + "}}")
                        .getBytes(StandardCharsets.US_ASCII);
                HttpResponse<byte[]> answer = client.bytes(client.request(INFER)
                        .header("Inference-Header-Content-Length", Integer.toString(json.length))
                        .POST(BodyPublishers.ofByteArray(Arrays.copyOf(json, json.length + size)))
                        .build());
                assertThat(answer.statusCode()).isEqualTo(binary ? 200 : 413);
            }
            client.awaitMetrics("lanewise_request_memory_bytes 0.0");
        }
    }

    /** Each answer is short, but all of them are more than the system keeps. */
    @Test
    void clientThatTakesNoAnswersInIsDisconnected() throws Exception {
        try (Server server = serving().sending(Duration.ofMillis(500)).start();
                Client client = Client.of(server);
                Socket deaf = new Socket()) {
            deaf.setReceiveBufferSize(4_096);
            deaf.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            byte[] requests =
                    "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
            var asking = CompletableFuture.runAsync(() -> askForEver(deaf, requests));
            assertThatThrownBy(() -> asking.get(60, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
            assertThat(client.post(INFER, TestServable.ROW).statusCode()).isEqualTo(200);
        }
    }

    private static void askForEver(Socket socket, byte[] requests) {
        try {
            OutputStream out = socket.getOutputStream();
            while (true) {
                out.write(requests);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The parser remembers names, which takes many times the memory of the body. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                INFER + " {%s}",
                INFER + " {\"a\":[{},{%s}]}",
                INFER + " {\"parameters\":{%s}}",
                INFER + " {\"inputs\":[{%s}]}",
                INFER + " {\"outputs\":[{\"name\":\"y\",%s}]}",
                "/v1/embeddings {\"metadata\":{%s}}",
                "/v1/embeddings {%s}",
                "/v1/completions {%s}",
                "/v1/completions {\"metadata\":{%s}}",
                "/v1/chat/completions {\"messages\":[{%s}]}",
            })
    void objectsOfManyNamesAreRefused(String request) {
        String names =
                IntStream.range(0, 300).mapToObj(i -> "\"n" + i + "\":null").collect(Collectors.joining(","));
        String[] parts = request.split(" ", 2);
        try (Server server = serving().start();
                Client client = Client.of(server)) {
            HttpResponse<String> answer = client.post(parts[0], parts[1].formatted(names));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains("an object of more than 256 names at line 1, column");
        }
    }

    /** A proxy may find the end of such a body elsewhere, and what follows may be what another client has sent. */
    @ParameterizedTest
    @CsvSource({
        "400, twice/infer, +2CRLF{}CRLF0CRLFCRLF",
        "400, twice/infer, 2CRLF{}xx0CRLFCRLF",
        "400, twice/infer, -0CRLFCRLF",
        "400, twice/infer, 0x2CRLF{}CRLF0CRLFCRLF",
        "400, twice/infer, 2CRLF{}CRLF0CRLFa: bCRLFCRLF",
        "404, none/infer, 2CRLF{}xx0CRLFCRLF",
        "404, none/infer, +2CRLF{}CRLF0CRLFCRLF",
    })
    void whatFollowsWrongChunksIsNoRequest(int status, String path, String body) throws Exception {
        try (Server server = serving().start();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            String head = " HTTP/1.1\r\nHost: a\r\n";
            write(
                    socket,
                    "POST /v2/models/" + path + head + "Transfer-Encoding: chunked\r\n\r\n"
                            + body.replace("CRLF", "\r\n") + "GET /v2/health/live" + head + "\r\n");
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).startsWith("HTTP/1.1 " + status).doesNotContain("HTTP/1.1 200");
        }
    }

    @Test
    void numberThatIsNoneIsToldHowToWriteIt() {
        try (Server server = serving().start();
                Client client = Client.of(server)) {
            assertThat(client.post(INFER, TestServable.ROW.replace("[1,2,3]", "[NaN,2,3]"))
                            .body())
                    .contains("'NaN'; expected a number, or \\\"NaN\\\", ")
                    .doesNotContain("enable");
        }
    }

    @Test
    void requestsAreAnsweredThoughAnObserverFails() throws Exception {
        ServerObserver failing = new ServerObserver() {
            @Override
            public void answered(String route, String model, int status, long nanos) {
                throw new IllegalStateException("answered");
            }

            @Override
            public void computed(String model, long rows, long nanos) {
                throw new IllegalStateException("computed");
            }
        };
        try (Server server = serving().observer(failing).start();
                Client client = Client.of(server)) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.post(INFER, TestServable.ROW).body()).contains("[2.0,4.0,6.0]");
            }
            client.awaitMetrics("lanewise_batch_rows_count{model=\"twice\"} 3");
        }
    }
}
