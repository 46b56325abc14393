package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloaderTest {
    private static final byte[] CONTENT = content();

    @TempDir
    Path folder;

    private final List<String> ranges = new ArrayList<>();
    /** Waits as long as a busy machine may take. */
    private static final Duration PATIENT = Duration.ofMinutes(1);

    private final Downloader downloader = new Downloader(PATIENT, PATIENT);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        serve("/good/", this::whole);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void deliversTheFileAndReportsProgress() throws IOException {
        List<Long> progress = new ArrayList<>();
        Path file = downloader.fetch(file(), mirrors("good"), folder.resolve("new/folder"), (name, received, total) -> {
            assertThat(name).isEqualTo("data.bin");
            assertThat(total).isEqualTo(CONTENT.length);
            progress.add(received);
        });
        assertThat(Files.readAllBytes(file)).isEqualTo(CONTENT);
        assertThat(progress).isSorted().endsWith((long) CONTENT.length);
        assertThat(folder.resolve("new/folder")).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aPartThatIsALinkIsNotWrittenThrough() throws IOException {
        Path elsewhere = Files.writeString(folder.resolve("precious"), "precious");
        Path part = Files.createSymbolicLink(folder.resolve("data.bin.part"), elsewhere);
        assertThat(Files.readAllBytes(fetch("good"))).isEqualTo(CONTENT);
        assertThat(elsewhere).hasContent("precious");
        assertThat(part).isSymbolicLink();
    }

    @Test
    void aMirrorThatNeverStallsButTakesTooLongIsGivenUp() {
        serve("/slow/", exchange -> {
            exchange.sendResponseHeaders(200, CONTENT.length);
            try (OutputStream out = exchange.getResponseBody()) {
                for (byte b : CONTENT) {
                    out.write(b);
                    out.flush();
                    Thread.sleep(20);
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        Downloader hasty = new Downloader(PATIENT, PATIENT, Duration.ofMillis(700));
        assertThatThrownBy(() -> hasty.fetch(file(), mirrors("slow"), folder, DownloadListener.SILENT))
                .isInstanceOf(DownloadException.class)
                .hasMessageContaining("too slow, only ")
                .hasMessageContaining(" after 700 ms");
        Downloader patient = new Downloader(PATIENT, PATIENT, PATIENT);
        assertThat(patient.fetch(file(), mirrors("good"), folder, DownloadListener.SILENT))
                .exists();
    }

    @Test
    void namesThatLeadElsewhereAreRefused() {
        String digest = "0".repeat(64);
        for (String name : List.of("../a", "a/b", "/a", "a\\b", "", ".part", "a\nb")) {
            assertThatThrownBy(() -> new RemoteFile(name, 1, digest)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new RemoteFile("a", 1, "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RemoteFile("a", -1, digest)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileThatIsThereIsNotFetchedAgain() {
        fetch("good");
        fetch("good");
        assertThat(ranges).hasSize(1);
    }

    @Test
    void goesOnWhereAnInterruptedDownloadStopped() throws IOException {
        Files.write(folder.resolve("data.bin.part"), Arrays.copyOf(CONTENT, 70_000));
        assertThat(Files.readAllBytes(fetch("good"))).isEqualTo(CONTENT);
        assertThat(ranges).containsExactly("bytes=70000-");
    }

    @Test
    void startsAgainWhenWhatWasThereIsWrong() throws IOException {
        Files.write(folder.resolve("data.bin.part"), new byte[70_000]);
        assertThat(Files.readAllBytes(fetch("good"))).isEqualTo(CONTENT);
        assertThat(ranges).containsExactly("bytes=70000-", "null");
        Files.delete(folder.resolve("data.bin"));
        Files.write(folder.resolve("data.bin.part"), new byte[CONTENT.length + 1]);
        assertThat(Files.readAllBytes(fetch("good"))).isEqualTo(CONTENT);
    }

    @Test
    void aServerWithoutRangesSendsTheWholeFile() throws IOException {
        serve("/plain/", exchange -> send(exchange, 200, CONTENT, CONTENT.length));
        Files.write(folder.resolve("data.bin.part"), Arrays.copyOf(CONTENT, 70_000));
        assertThat(Files.readAllBytes(fetch("plain"))).isEqualTo(CONTENT);
    }

    @Test
    void aCutConnectionIsResumedAtTheNextMirror() throws IOException {
        Path part = folder.resolve("data.bin.part");
        serve("/cut/", exchange -> {
            exchange.sendResponseHeaders(200, CONTENT.length);
            exchange.getResponseBody().write(CONTENT, 0, 100_000);
            exchange.getResponseBody().flush();
            // the client's HTTP drops what it has not handed on when the connection ends
            for (int i = 0; Files.size(part) == 0 && i < 6_000; i++) {
                pause(10);
            }
            exchange.close();
        });
        assertThat(Files.readAllBytes(fetch("cut", "good"))).isEqualTo(CONTENT);
        assertThat(ranges).hasSize(1);
        assertThat(ranges.getFirst()).startsWith("bytes=");
    }

    @Test
    void everyMirrorsFailureIsNamed() throws IOException {
        byte[] wrong = CONTENT.clone();
        wrong[5] ^= 1;
        serve("/wrong/", exchange -> send(exchange, 200, wrong, wrong.length));
        serve(
                "/long/",
                exchange -> send(exchange, 200, Arrays.copyOf(CONTENT, CONTENT.length + 9), CONTENT.length + 9));
        serve("/none/", exchange -> send(exchange, 404, new byte[0], -1));
        assertThatThrownBy(() -> fetch("wrong", "long", "none"))
                .isInstanceOf(DownloadException.class)
                .hasMessageContaining("wrong SHA-256")
                .hasMessageContaining("more than " + CONTENT.length + " bytes")
                .hasMessageContaining("HTTP status 404")
                .hasMessageContaining("check the network");
        assertThat(folder.resolve("data.bin")).doesNotExist();
    }

    @Test
    void aMirrorThatStallsOrDoesNotAnswerIsGivenUp() throws IOException {
        serve("/stall/", exchange -> {
            exchange.sendResponseHeaders(200, CONTENT.length);
            exchange.getResponseBody().write(CONTENT, 0, 50_000);
            exchange.getResponseBody().flush();
            pause(60_000);
        });
        Downloader watchful = new Downloader(PATIENT, Duration.ofMillis(600));
        assertThatThrownBy(() -> watchful.fetch(file(), mirrors("stall"), folder, DownloadListener.SILENT))
                .hasMessageContaining("no data for 600 ms");
        Downloader impatient = new Downloader(Duration.ofMillis(500), Duration.ofMillis(500));
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI mirror = URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/");
            assertThatThrownBy(() -> impatient.fetch(file(), List.of(mirror), folder, DownloadListener.SILENT))
                    .isInstanceOf(DownloadException.class)
                    .hasMessageContaining("127.0.0.1: ");
        }
    }

    @Test
    void twoDownloadsOfOneFileDoNotDisturbEachOther() throws Exception {
        Future<Path> one = threads.submit(() -> fetch("good"));
        Future<Path> two = threads.submit(() -> fetch("good"));
        assertThat(Files.readAllBytes(one.get())).isEqualTo(CONTENT);
        assertThat(Files.readAllBytes(two.get())).isEqualTo(CONTENT);
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    private Path fetch(String... mirrors) {
        return downloader.fetch(file(), mirrors(mirrors), folder, DownloadListener.SILENT);
    }

    private List<URI> mirrors(String... names) {
        return Arrays.stream(names)
                .map(name ->
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + name + "/"))
                .toList();
    }

    private void serve(String path, HttpHandler handler) {
        server.createContext(path, handler);
    }

    private void whole(HttpExchange exchange) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        synchronized (ranges) {
            ranges.add(String.valueOf(range));
        }
        if (range == null) {
            send(exchange, 200, CONTENT, CONTENT.length);
            return;
        }
        int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (CONTENT.length - 1) + "/" + CONTENT.length);
        send(exchange, 206, Arrays.copyOfRange(CONTENT, from, CONTENT.length), CONTENT.length - from);
    }

    private static void send(HttpExchange exchange, int status, byte[] body, long announced) throws IOException {
        exchange.sendResponseHeaders(status, announced);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
            exchange.getResponseBody().flush();
        }
        exchange.close();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] content() {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        return content;
    }

    private static RemoteFile file() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(CONTENT);
            return new RemoteFile("data.bin", CONTENT.length, HexFormat.of().formatHex(hash));
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
