package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What those who run a server see: metrics, traces, the log of accesses, tokens. */
class MonitoringTest {
    private static final String BODY =
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5,6]}]}";
    private static final String INFER = "/v2/models/twice/infer";
    private static final String VERSION = "/v2/models/twice/versions/7";
    private static final String TOKEN = "a-secret-of-16-letters";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private static final List<String> LINES = new CopyOnWriteArrayList<>();
    private static Server server;
    private static Client client;

    @BeforeAll
    static void start() {
        server = Server.builder()
                .model("twice", "7", TestServable.doubling())
                .model("logged", "7", TestServable.doubling())
                .model("broken", "1", new Broken(TestServable.doubling().signature()))
                .warmUp(Duration.ZERO)
                .token(TOKEN)
                .accessLog(LINES::add)
                .start();
        client = Client.of(server);
    }

    /** Computes while it is tried, and fails at a request whose first number is negative. */
    private record Broken(Signature signature) implements Servable {
        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            Tensor x = inputs.get("x");
            if (x.toFloatArray()[0] < 0) {
                throw new IllegalStateException("broken");
            }
            return Map.of("y", x);
        }
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static HttpResponse<String> ask(String method, String path, String body, String... headers) {
        var request = client.request(path)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + TOKEN);
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.text(request.build());
    }

    /** The only line of a path, which is written once the answer is sent: its client may see that first. */
    private static String line(String path) throws InterruptedException {
        List<String> found = List.of();
        for (int i = 0; found.isEmpty() && i < 12_000; i++) {
            Thread.sleep(5);
            found = LINES.stream().filter(line -> line.contains(" " + path)).toList();
        }
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static double metric(String name) throws InterruptedException {
        String text = ask("GET", "/metrics", "").body();
        return text.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    /** Waits for what is counted once an answer is sent. */
    private static void awaitMetric(String name, double value) throws InterruptedException {
        for (int i = 0; metric(name) < value && i < 6_000; i++) {
            Thread.sleep(10);
        }
        assertThat(metric(name)).as(name).isEqualTo(value);
    }

    /** Waits for what is given back once an answer is sent. */
    private static void awaitNothing(String name) throws InterruptedException {
        for (int i = 0; metric(name) > 0 && i < 6_000; i++) {
            Thread.sleep(10);
        }
        assertThat(metric(name)).as(name).isZero();
    }

    @Test
    void requestsBatchesModelsAndMemoryAreMeasured() throws InterruptedException {
        String answered = "lanewise_requests_total{model=\"twice\",route=\"infer\",status=\"200\"}";
        double requests = metric(answered);
        double durations = metric("lanewise_request_duration_seconds_count{model=\"twice\"}");
        double rows = metric("lanewise_batch_rows_sum{model=\"twice\"}");
        for (int i = 0; i < 3; i++) {
            assertThat(ask("POST", INFER, BODY).statusCode()).isEqualTo(200);
        }
        awaitMetric(answered, requests + 3);
        assertThat(metric("lanewise_batch_rows_sum{model=\"twice\"}")).isEqualTo(rows + 6);
        // counted after the requests
        awaitMetric("lanewise_request_duration_seconds_count{model=\"twice\"}", durations + 3);
        assertThat(metric("lanewise_queue_duration_seconds_count{model=\"twice\"}"))
                .isGreaterThanOrEqualTo(3);
        assertThat(metric("lanewise_compute_duration_seconds_sum{model=\"twice\"}"))
                .isPositive();
        assertThat(metric("lanewise_model_info{model=\"twice\",version=\"7\"}")).isEqualTo(1);
        assertThat(metric("lanewise_heap_used_bytes")).isPositive();
        assertThat(metric("lanewise_tensor_memory_bytes")).isPositive();
        awaitNothing("lanewise_request_memory_bytes");
        awaitNothing("lanewise_requests_in_progress");
        assertThat(ask("GET", "/metrics", "")
                        .headers()
                        .firstValue("content-type")
                        .orElse(""))
                .startsWith("text/plain; version=0.0.4");
    }

    @Test
    void errorsAreCountedByKindAndAddNoLabels() throws InterruptedException {
        ask("POST", INFER, "{}");
        ask("POST", "/v2/models/broken/infer", BODY.replace("[1,2", "[-1,2"));
        ask("GET", "/v2/models/of-an-attacker", "");
        ask("GET", "/of-an-attacker", "");
        awaitMetric("lanewise_errors_total{kind=\"invalid\"}", 1);
        awaitMetric("lanewise_errors_total{kind=\"failed\"}", 1);
        awaitMetric("lanewise_errors_total{kind=\"not_found\"}", 2);
        assertThat(ask("GET", "/metrics", "").body()).doesNotContain("attacker");
    }

    @Test
    void requestBelongsToItsCallersTrace() throws InterruptedException {
        HttpResponse<String> answer =
                ask("POST", VERSION + "/infer", BODY, "traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01");
        assertThat(answer.headers().firstValue("traceresponse").orElse(""))
                .matches("00-" + TRACE + "-[0-9a-f]{16}-01")
                .doesNotContain("00f067aa0ba902b7");
        assertThat(line(VERSION)).containsPattern(" trace=" + TRACE + " span=[0-9a-f]{16}$");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "nonsense",
            })
    void malformedTraceIsIgnored(String parent) {
        HttpResponse<String> answer = ask("POST", INFER, BODY, "traceparent", parent);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("traceresponse")).isEmpty();
    }

    @Test
    void traceOfALaterVersionIsUnderstood() {
        assertThat(ask("GET", "/v2", "", "traceparent", "01-" + TRACE + "-00f067aa0ba902b7-00-more")
                        .headers()
                        .firstValue("traceresponse")
                        .orElse(""))
                .startsWith("00-" + TRACE + "-");
    }

    @Test
    void lineOfTheLogSaysWhatHappenedAndNothingOfTheData() throws InterruptedException {
        ask("POST", "/v2/models/logged/infer?secret=12345", BODY.replace("1,2,3", "98765,2,3"));
        assertThat(line("/v2/models/logged"))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\S+Z POST /v2/models/logged/infer 200 ms=\\d+\\.\\d{3} model=logged"
                        + " version=7 batch=2 queue_ms=\\d+\\.\\d{3} compute_ms=\\d+\\.\\d{3}")
                .doesNotContain("98765", "12345");
    }

    @Test
    void lineOfTheLogIsNotSteeredByItsRequest() throws InterruptedException {
        ask("GET", "/x%0Ay" + "z".repeat(1_000), "");
        assertThat(line("/x%0A")).contains(" GET /x%0Ayz", "...").hasSizeLessThan(300);
    }

    @Test
    void tokenIsRequiredExceptForHealth() {
        for (String path : List.of("/v2", "/metrics", "/v2/models/twice", "/none")) {
            HttpResponse<String> answer = client.get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(401);
            assertThat(answer.headers().firstValue("www-authenticate")).hasValue("Bearer");
        }
        assertThat(client.post(INFER, BODY).statusCode()).isEqualTo(401);
        for (String header : List.of("Bearer " + TOKEN + "x", "Bearer ", TOKEN, "Basic " + TOKEN)) {
            var request = client.request("/v2").header("Authorization", header).build();
            assertThat(client.text(request).statusCode()).as(header).isEqualTo(401);
        }
        assertThat(client.get("/v2/health/live").statusCode()).isEqualTo(200);
        assertThat(client.get("/v2/health/ready").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/v2", "").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "short", "with a space in it", "with-ümlauts-in-it"})
    void badTokenIsRefusedAndNotRepeated(String token) {
        assertThatThrownBy(() -> Server.builder().token(token))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected 8 or more letters")
                .hasMessageNotContaining(token.isEmpty() ? "\n" : token);
    }
}
