package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server as its users start and end it. */
final class ServeCommandTest {
    private static final String TOKEN = "a-secret-of-16-letters";
    private static final String ROW =
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}";

    @TempDir
    private Path folder;

    private HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofMinutes(2))
                .header("Authorization", "Bearer " + TOKEN);
    }

    private Process start(Path models, String... more) throws IOException {
        Path secret = Files.writeString(folder.resolve("token"), TOKEN + "\n");
        List<String> arguments =
                new ArrayList<>(List.of("serve", "--models", models.toString(), "--port", "0", "--json"));
        arguments.addAll(List.of("--token-file", secret.toString(), "--warm-up", "0"));
        arguments.addAll(List.of(more));
        return new ProcessBuilder(ChildJvm.command(List.of("-XX:TieredStopAtLevel=1"), Main.class, arguments)).start();
    }

    private static String url(String line) {
        Matcher url =
                Pattern.compile("\"url\":\"(http://127\\.0\\.0\\.1:\\d+)\"").matcher(line);
        assertThat(url.find()).as(line).isTrue();
        return url.group(1);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void whatWasAcceptedIsAnsweredAndASignalIsNoFailure() throws Exception {
        Path models = folder.resolve("models");
        Path onnx = Files.createDirectories(models.resolve("net").resolve("3"));
        var network = new Sequential(new Linear(3, 2));
        Onnx.export(network, Tensor.zeros(2, 3), onnx.resolve("model.onnx"));
        float[] expected =
                network.forward(Tensor.of(new float[] {1, 2, 3}, 1, 3)).toFloatArray();
        // a request alone waits for others until the signal comes
        Process process = start(models, "--wait", "60000", "--deadline", "100");
        try (HttpClient http = HttpClient.newHttpClient();
                BufferedReader out = process.inputReader();
                BufferedReader err = process.errorReader()) {
            List<String> lines = new CopyOnWriteArrayList<>();
            Thread log = Thread.ofPlatform().start(() -> err.lines().forEach(lines::add));
            String first = out.readLine();
            assertThat(first).as("%s", lines).isNotNull().contains("\"models\":{\"net\":[\"3\"]}");
            String url = url(first);
            HttpRequest body = request(url + "/v2/models/net/infer")
                    .POST(BodyPublishers.ofString(ROW))
                    .build();
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                answers.add(http.sendAsync(body, BodyHandlers.ofString()));
            }
            HttpRequest metrics = request(url + "/metrics").build();
            while (!http.send(metrics, BodyHandlers.ofString()).body().contains("lanewise_requests_in_progress 4.0")) {
                assertThat(process.isAlive()).as("%s", lines).isTrue();
                assertThat(answers).as("%s", lines).noneMatch(CompletableFuture::isDone);
                Thread.sleep(10);
            }
            process.toHandle().destroy();
            for (var answer : answers) {
                assertThat(answer.get().statusCode()).as("%s", lines).isEqualTo(200);
                Matcher data = Pattern.compile("\"data\":\\[(.*?),(.*?)]")
                        .matcher(answer.get().body());
                assertThat(data.find()).isTrue();
                assertThat(Float.parseFloat(data.group(1))).isCloseTo(expected[0], Offset.offset(1e-5f));
            }
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("%s", lines).isTrue();
            assertThat(process.exitValue()).as("%s", lines).isZero();
            log.join();
            assertThat(lines).contains("lanewise: drained");
            assertThat(lines.stream().filter(line -> line.contains(" POST /v2/models/net/infer 200 ")))
                    .as("%s", lines)
                    .hasSize(4);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void wrongOptionsAreExplained() throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        Path token = Files.writeString(folder.resolve("token"), "short");
        assertThat(Main.run("serve", "--models", models.toString(), "--tls-key", "x"))
                .isEqualTo(2);
        assertThat(Main.run("serve", "--models", models.toString(), "--token-file", token.toString()))
                .isEqualTo(1);
        assertThat(Main.run("serve", "--models", folder.resolve("none").toString()))
                .isEqualTo(1);
        assertThat(Main.run("serve", "--models", models.toString(), "--port", "70000"))
                .isEqualTo(2);
    }
}
