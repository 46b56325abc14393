import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Starts the application, asks it for scores and metrics, and ends it while a request is on its way. */
class Check {
    private static final Pattern WEB = Pattern.compile("Tomcat started on port (\\d+)");
    private static final Pattern MODELS = Pattern.compile("Models are served on port (\\d+)");
    private static final String INFER =
            """
            {"inputs":[{"name":"offer","shape":[%d,3],"datatype":"FP32","data":[%s]}]}""";
    private static final String OFFER = "1,2,4";
    private static final int LARGEST_BATCH = 32;
    private static final int SIGTERM = 143;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private String web = "";
    private String models = "";

    public static void main(String[] args) throws Exception {
        Process application = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1", // it does not run for long
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-jar",
                        args[0],
                        "--server.address=127.0.0.1",
                        "--server.port=0",
                        "--lanewise.port=0",
                        "--lanewise.wait=20s")
                .redirectErrorStream(true)
                .start();
        try {
            new Check().run(application);
        } finally {
            application.destroyForcibly();
        }
    }

    private void run(Process application) throws Exception {
        await(application);
        require(post(web + "/score", "{\"price\":1,\"distance\":2,\"stars\":4}"), "{\"score\":12.0}");
        // as many as are computed at once wait for no others
        String many = INFER.formatted(LARGEST_BATCH, String.join(",", Collections.nCopies(LARGEST_BATCH, OFFER)));
        require(post(models + "/v2/models/ranker/infer", many), "\"data\":[12.0,12.0,");
        awaitMetric("lanewise.requests?tag=model:ranker", "\"value\":1.0");
        awaitMetric("lanewise.compute.duration", "\"statistic\":\"COUNT\",\"value\":1.0");
        require(get(web + "/actuator/health"), "\"UP\"");

        // this one waits for others until the application is told to end
        CompletableFuture<HttpResponse<String>> late = http.sendAsync(
                request(models + "/v2/models/ranker/infer")
                        .POST(BodyPublishers.ofString(INFER.formatted(1, OFFER)))
                        .build(),
                BodyHandlers.ofString());
        awaitMetric("lanewise.requests.in.progress", "\"value\":1.0");
        application.toHandle().destroy(); // Process.destroy would close the log, too
        require(late.get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "\"data\":[12.0]");
        if (!application.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || application.exitValue() != SIGTERM) {
            throw new IllegalStateException("not ended by SIGTERM alone: " + application);
        }
    }

    /** Reads the log until both ports are known, and goes on reading it so that the application is never held up. */
    private void await(Process application) throws Exception {
        BufferedReader log = application.inputReader();
        while (web.isEmpty() || models.isEmpty()) {
            String line = log.readLine();
            if (line == null) {
                throw new IllegalStateException("the application ended: " + application.waitFor());
            }
            System.out.println(line);
            Matcher matcher = WEB.matcher(line);
            if (matcher.find()) {
                web = "http://127.0.0.1:" + matcher.group(1);
            }
            matcher = MODELS.matcher(line);
            if (matcher.find()) {
                models = "http://127.0.0.1:" + matcher.group(1);
            }
        }
        Thread.ofPlatform().daemon().start(() -> log.lines().forEach(System.out::println));
    }

    private static HttpRequest.Builder request(String uri) {
        return HttpRequest.newBuilder(URI.create(uri))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json");
    }

    private HttpResponse<String> get(String uri) throws Exception {
        return http.send(request(uri).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String uri, String body) throws Exception {
        return http.send(request(uri).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    /** Requests are counted after their answers are sent: who has an answer may look too early. */
    private void awaitMetric(String name, String expected) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        HttpResponse<String> answer = get(web + "/actuator/metrics/" + name);
        while (!answer.body().contains(expected) && System.nanoTime() < end) {
            Thread.sleep(10);
            answer = get(web + "/actuator/metrics/" + name);
        }
        require(answer, expected);
    }

    private static void require(HttpResponse<String> answer, String expected) {
        if (answer.statusCode() != 200 || !answer.body().contains(expected)) {
            throw new IllegalStateException(
                    answer.uri() + ": found " + answer.statusCode() + " " + answer.body() + ", expected " + expected);
        }
    }
}
