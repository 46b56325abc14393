package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Speaks HTTP to a server under test. */
record Client(HttpClient http, String base) implements AutoCloseable {
    static Client of(Server server) {
        return new Client(HttpClient.newHttpClient(), "http://" + server.host() + ":" + server.port());
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
    }

    HttpResponse<String> get(String path) {
        return text(request(path).build());
    }

    HttpResponse<String> post(String path, String json) {
        return text(request(path).POST(BodyPublishers.ofString(json)).build());
    }

    HttpResponse<String> text(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Returns the metrics once they have lines that come up only after an answer was sent, or while it is computed. */
    String awaitMetrics(String... lines) throws InterruptedException {
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        String page = get("/metrics").body();
        while (!Stream.of(lines).allMatch(page::contains) && System.nanoTime() < patience) {
            Thread.sleep(5);
            page = get("/metrics").body();
        }
        assertThat(page).contains(lines);
        return page;
    }

    HttpResponse<byte[]> bytes(HttpRequest request) throws IOException, InterruptedException {
        return http.send(request, BodyHandlers.ofByteArray());
    }

    @Override
    public void close() {
        http.close();
    }
}
