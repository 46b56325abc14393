package dev.lanewise.bench.serving;

import dev.lanewise.bench.Spread;
import dev.lanewise.bench.http.HttpText;
import dev.lanewise.bench.http.RawClient;
import dev.lanewise.serve.Server;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

/** Several clients at a server that send one request after the other, and how long each answer took. */
public final class ServerLoad {
    private final Server server;
    private final List<HttpText> requests;
    private final List<Double> perSecond = new ArrayList<>();
    private long[] nanos = {};

    /**
     * A load that has measured nothing yet.
     *
     * @param requests which the clients send in turn, each beginning with another
     */
    public ServerLoad(Server server, List<HttpText> requests) {
        this.server = server;
        this.requests = List.copyOf(requests);
    }

    /** Sends requests and forgets the answers. */
    public void warm(int clients, double seconds) {
        run(clients, seconds);
    }

    /** Measures a further round. */
    public void measure(int clients, double seconds) {
        long begun = System.nanoTime();
        long[] round = run(clients, seconds);
        perSecond.add(round.length / ((System.nanoTime() - begun) / 1e9));
        nanos = LongStream.concat(Arrays.stream(nanos), Arrays.stream(round)).toArray();
    }

    /** Requests per second: the median of the rounds. */
    public double perSecond() {
        return median(perSecond);
    }

    /** Throughput beside that of another load, whose rounds took turns with these: the median of the rounds' ratios. */
    public double ratioTo(ServerLoad other) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < Math.min(perSecond.size(), other.perSecond.size()); round++) {
            ratios.add(perSecond.get(round) / other.perSecond.get(round));
        }
        return median(ratios);
    }

    /** Milliseconds below which a share of all answers took, of all rounds. */
    public double millis(double share) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted.length == 0 ? Double.NaN : sorted[(int) (share * (sorted.length - 1))] / 1e6;
    }

    private static double median(List<Double> rounds) {
        return new Spread(rounds.stream().mapToDouble(Double::doubleValue).toArray()).median();
    }

    private long[] run(int clients, double seconds) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Long>>> running = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int first = i;
                running.add(threads.submit(() -> client(first, end)));
            }
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> client : running) {
                all.addAll(client.get());
            }
            return all.stream().mapToLong(Long::longValue).toArray();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private List<Long> client(int first, long end) throws IOException {
        List<Long> taken = new ArrayList<>();
        try (RawClient client = new RawClient(server.port())) {
            for (long start = System.nanoTime(); start < end; start = System.nanoTime()) {
                int status = client.send(requests.get((first + taken.size()) % requests.size()))
                        .status();
                if (status != 200) {
                    throw new IOException("an answer of status " + status);
                }
                taken.add(System.nanoTime() - start);
            }
        }
        return taken;
    }
}
