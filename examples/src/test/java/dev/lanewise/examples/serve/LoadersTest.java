package dev.lanewise.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.examples.Main;
import dev.lanewise.examples.SmallEncoder;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.serve.Server;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models of the command line in a folder that is served. */
final class LoadersTest {
    @TempDir
    private Path models;

    private Path version(String name) throws IOException {
        return Files.createDirectories(models.resolve(name).resolve("1"));
    }

    private Server serve() {
        return Server.builder()
                .models(models)
                .loader(new EncoderLoader())
                .loader(new SavedModelLoader())
                .warmUp(Duration.ZERO)
                .start();
    }

    private static String ask(Server server, String path, String body) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://" + server.host() + ":" + server.port() + path));
        if (!body.isEmpty()) {
            request.POST(BodyPublishers.ofString(body));
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), BodyHandlers.ofString()).body();
        }
    }

    @Test
    void encoderAnswersWithTheVectorsThatItHasWithoutServer() throws Exception {
        Path folder = version("encoder");
        SmallEncoder.write(folder, 40);
        List<String> texts =
                List.of("cats sleep", "", "dogs", "ships sail far away", "far ".repeat(20), "away ".repeat(100));
        float[][] expected = TextEncoder.load(folder).embed(texts);
        try (Server server = serve()) {
            String body = ask(
                    server,
                    "/v1/embeddings",
                    "{\"model\":\"encoder\",\"input\":[\"" + String.join("\",\"", texts) + "\"]}");
            Matcher vector = Pattern.compile("\"embedding\":\\[([^]]*)]").matcher(body);
            for (float[] numbers : expected) {
                assertThat(vector.find()).as(body).isTrue();
                String[] found = vector.group(1).split(",", -1);
                assertThat(found).hasSize(numbers.length);
                for (int i = 0; i < numbers.length; i++) {
                    assertThat(Float.parseFloat(found[i])).isCloseTo(numbers[i], Offset.offset(1e-5f));
                }
            }
            assertThat(body).contains("\"prompt_tokens\":" + (4 + 2 + 3 + 6 + 22 + 40) + ",");
            assertThat(ask(server, "/v2/models/encoder", "")).contains("input_ids", "\"shape\":[-1,16]");
        }
    }

    @Test
    void textsOfSimilarLengthsAreComputedTogether() throws Exception {
        Path folder = version("encoder");
        SmallEncoder.write(folder, 40);
        List<String> accesses = new CopyOnWriteArrayList<>();
        try (Server server = Server.builder()
                .models(models)
                .loader(new EncoderLoader())
                .warmUp(Duration.ZERO)
                .accessLog(accesses::add)
                .start()) {
            ask(
                    server,
                    "/v1/embeddings",
                    "{\"model\":\"encoder\",\"input\":[\"cats\",\"cats sleep\",\"far far far away\"]}");
        }
        assertThat(accesses).singleElement().asString().contains(" batch=3 ");
    }

    @ParameterizedTest
    @CsvSource({"999, 4", "-1, 4", "5, 41"})
    void tokensThatTheEncoderLacksAreTheClientsFault(long id, int length) throws Exception {
        SmallEncoder.write(version("encoder"), 40);
        String shape = "\"shape\":[1," + length + "],\"datatype\":\"INT64\",\"data\":";
        String ones = "[1" + ",1".repeat(length - 1) + "]";
        try (Server server = serve()) {
            assertThat(ask(
                            server,
                            "/v2/models/encoder/infer",
                            "{\"inputs\":[{\"name\":\"input_ids\"," + shape + ones.replaceFirst("1", "" + id)
                                    + "},{\"name\":\"attention_mask\"," + shape + ones
                                    + "},{\"name\":\"token_type_ids\"," + shape + ones + "}]}"))
                    .startsWith("{\"error\":\"the model can't take this: ");
            // half a pair of surrogates
            assertThat(ask(server, "/v1/embeddings", "{\"model\":\"encoder\",\"input\":\"a\\ud800\"}"))
                    .doesNotContain("server_error");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mnist-mlp, '\"shape\":[-1,1,28,28]', '\"shape\":[-1,10]'",
        "text-classifier, '\"datatype\":\"INT64\",\"shape\":[-1,-1]', '\"shape\":[-1,'",
    })
    void savedModelIsServed(String id, String input, String output) throws Exception {
        Path weights = version("saved").resolve("weights");
        assertThat(Main.run(
                        List.of(),
                        "train",
                        id,
                        "--data",
                        "synthetic",
                        "--limit",
                        "32",
                        "--epochs",
                        "1",
                        "--save",
                        weights.toString()))
                .isZero();
        try (Server server = serve()) {
            assertThat(server.models()).isEqualTo(Map.of("saved", List.of("1")));
            assertThat(ask(server, "/v2/models/saved", "")).contains(input, output);
        }
    }

    @Test
    void whatIsNoSavedModelIsRefused() throws IOException {
        Path folder = version("bad");
        SavedModelLoader loader = new SavedModelLoader();
        assertThat(loader.accepts(folder)).isFalse();
        Files.writeString(folder.resolve("weights"), "");
        Files.writeString(folder.resolve("weights.json"), "{\"model\":[\"of another kind\"]}");
        assertThat(loader.accepts(folder)).isTrue();
        assertThatThrownBy(() -> loader.load(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("of another kind");
        Files.writeString(folder.resolve("weights.json"), "{}");
        assertThatThrownBy(() -> loader.load(folder)).isInstanceOf(BadFileException.class);
        Files.writeString(folder.resolve("more"), "");
        Files.writeString(folder.resolve("more.json"), "{}");
        assertThatThrownBy(() -> loader.load(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("2 of them");
    }
}
