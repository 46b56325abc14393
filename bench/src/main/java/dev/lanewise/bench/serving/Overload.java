package dev.lanewise.bench.serving;

import dev.lanewise.bench.http.HttpText;
import dev.lanewise.bench.http.RawClient;
import dev.lanewise.serve.Batching;
import dev.lanewise.serve.Servable;
import dev.lanewise.serve.Server;
import dev.lanewise.serve.Signature;
import dev.lanewise.serve.TensorInfo;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Five times as many requests as a model can compute. */
final class Overload {
    private static final int MILLIS_PER_REQUEST = 20;
    private static final int TIMES = 5;
    private static final int CLIENTS = 50;
    private static final int SIZE = 256;
    private static final HttpText REQUEST = HttpText.of(
            "POST /v2/models/slow/infer",
            "",
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}"
                    .getBytes(StandardCharsets.UTF_8),
            true);

    private Overload() {}

    /** Computes for a while for each request, on all threads that products have. */
    private record Slow(Signature signature, Tensor matrix) implements Servable {
        static Slow create() {
            var tensor = List.of(TensorInfo.of("x", DType.F32, TensorInfo.OPEN));
            var result = List.of(TensorInfo.of("y", DType.F32, TensorInfo.OPEN));
            return new Slow(new Signature(tensor, result), Tensor.ones(SIZE, SIZE));
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            long end = System.nanoTime() + MILLIS_PER_REQUEST * 1_000_000L;
            while (System.nanoTime() < end) {
                try (Scope ignored = Scope.open("product")) {
                    matrix.matmul(matrix);
                }
            }
            return Map.of("y", inputs.values().iterator().next().mul(1));
        }
    }

    /**
     * What was answered.
     *
     * @param computed how many requests were
     * @param refused how long each took that was answered by 429, in milliseconds, sorted
     */
    record Seen(long computed, double[] refused) {
        double quantile(double share) {
            return refused.length == 0 ? Double.NaN : refused[(int) (share * (refused.length - 1))];
        }
    }

    /** Sends requests for some seconds. */
    static Seen run(int seconds) throws InterruptedException {
        try (Server server = Server.builder()
                        .model("slow", "1", Slow.create())
                        .batching(Batching.usual().withLargest(1).withQueue(8))
                        .warmUp(Duration.ofSeconds(1))
                        .start();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long end = System.nanoTime() + seconds * 1_000_000_000L;
            List<Future<List<Double>>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(threads.submit(() -> client(server.port(), end)));
            }
            List<Double> refused = new ArrayList<>();
            long computed = 0;
            for (Future<List<Double>> client : clients) {
                for (double millis : client.get()) {
                    if (Double.isNaN(millis)) {
                        computed++;
                    } else {
                        refused.add(millis);
                    }
                }
            }
            return new Seen(
                    computed,
                    refused.stream().mapToDouble(Double::doubleValue).sorted().toArray());
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed", e.getCause());
        }
    }

    /** Milliseconds of each refusal, NaN for each answer. */
    private static List<Double> client(int port, long end) throws IOException {
        List<Double> seen = new ArrayList<>();
        int period = CLIENTS * MILLIS_PER_REQUEST / TIMES;
        try (RawClient client = new RawClient(port)) {
            // all at once would be more than five times as many in the first moment
            SoakClients.pause(2 * period);
            while (System.nanoTime() < end) {
                long start = System.nanoTime();
                int status = client.send(REQUEST).status();
                double millis = (System.nanoTime() - start) / 1e6;
                if (status != 200 && status != 429) {
                    throw new IOException("an answer of status " + status);
                }
                seen.add(status == 429 ? millis : Double.NaN);
                SoakClients.pause(Math.max(0, 2 * (period - (int) millis)));
            }
        }
        return seen;
    }
}
