package dev.lanewise.serve;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

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

    HttpResponse<byte[]> bytes(HttpRequest request) throws IOException, InterruptedException {
        return http.send(request, BodyHandlers.ofByteArray());
    }

    @Override
    public void close() {
        http.close();
    }
}
