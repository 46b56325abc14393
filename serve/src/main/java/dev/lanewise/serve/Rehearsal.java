package dev.lanewise.serve;

import dev.lanewise.serve.http.Json;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Requests that a process asks itself before anybody else can: what they pass has been loaded and compiled by then. Without it, those who
 * come first, as a rule many at once, wait up to half a second, even for being refused. They are asked of a server of their own at
 * a port of loopback, so that neither metrics nor logs know of them.
 */
final class Rehearsal {
    /** The name of the model that is asked. */
    static final String MODEL = "rehearsal";

    private static final Logger LOG = System.getLogger(Server.class.getName());

    /** More than a model with one place to wait takes at once, so that some requests are computed and others refused. */
    private static final int CLIENTS = 8;

    private static final int COMPUTE_MILLIS = 2;
    private static final Duration LONGEST = Duration.ofSeconds(1);
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");

    /** What is compiled is so for the whole process. */
    private static final AtomicBoolean HELD = new AtomicBoolean();

    private Rehearsal() {}

    /**
     * Holds a rehearsal, if this process has not had one.
     *
     * @param most how long it may take; never more than a second, and there is none if this is zero
     */
    static void hold(Duration most) {
        if (most.isZero() || HELD.getAndSet(true)) {
            return;
        }
        try {
            statuses(most.compareTo(LONGEST) < 0 ? most : LONGEST, LONGEST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException
                | RuntimeException e) { // where a process may not connect to itself, it begins unprepared
            LOG.log(Level.DEBUG, "no rehearsal", e);
        }
    }

    /**
     * Asks for a while.
     *
     * @param patience with an answer
     * @return the statuses of the answers
     */
    static Set<Integer> statuses(Duration time, Duration patience) throws InterruptedException, ExecutionException {
        Set<Integer> statuses = new TreeSet<>();
        try (Server server = Server.builder()
                        .model(MODEL, "1", new Copier())
                        .batching(Batching.usual().withLargest(1).withQueue(1))
                        .accessLog(line -> {})
                        .warmUp(Duration.ZERO)
                        .start();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            byte[] requests = requests();
            long end = System.nanoTime() + time.toNanos();
            List<Future<Set<Integer>>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Callable<Set<Integer>> client = () -> client(server, requests, end, patience);
                clients.add(threads.submit(client));
            }
            for (Future<Set<Integer>> client : clients) {
                statuses.addAll(client.get());
            }
        }
        return statuses;
    }

    /** Takes a moment for each request. */
    private record Copier() implements Servable {
        @Override
        public Signature signature() {
            return new Signature(
                    List.of(TensorInfo.of("x", DType.F32, TensorInfo.OPEN, 2)),
                    List.of(TensorInfo.of("y", DType.F32, TensorInfo.OPEN, 2)));
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            try {
                Thread.sleep(COMPUTE_MILLIS);
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts workers", e);
            }
            return Map.of("y", inputs.values().iterator().next().mul(1));
        }
    }

    /** One connection after the other, each with all requests. */
    private static Set<Integer> client(Server server, byte[] requests, long end, Duration patience) throws IOException {
        Set<Integer> statuses = new TreeSet<>();
        while (System.nanoTime() < end) {
            try (Socket socket = new Socket(server.host(), server.port())) {
                socket.setSoTimeout((int) patience.toMillis());
                socket.getOutputStream().write(requests);
                byte[] answers = socket.getInputStream().readAllBytes();
                Matcher found = STATUS.matcher(new String(answers, StandardCharsets.ISO_8859_1));
                while (found.find()) {
                    statuses.add(Integer.valueOf(found.group(1)));
                }
            }
        }
        return statuses;
    }

    // ---- the requests

    private static byte[] requests() {
        byte[] numbers = new byte[2 * Float.BYTES];
        byte[] json = input(false);
        byte[] described = input(true);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 2; i++) {
            request(all, "/infer", "", json, new byte[0]);
            request(all, "/infer", OpenInference.JSON_LENGTH + ": " + described.length + "\r\n", described, numbers);
        }
        request(all, "/infer", "", "{".getBytes(StandardCharsets.US_ASCII), new byte[0]);
        all.writeBytes("GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        return all.toByteArray();
    }

    private static byte[] input(boolean isBinary) {
        return Json.object(json -> {
            json.writeName("inputs").writeStartArray();
            json.writeStartObject();
            json.writeName("name").writeString("x");
            json.writeName("datatype").writeString(Datatype.of(DType.F32));
            json.writeName("shape").writeArray(new long[] {1, 2}, 0, 2);
            if (isBinary) {
                json.writeName("parameters").writeStartObject();
                json.writeName("binary_data_size").writeNumber(2 * Float.BYTES);
                json.writeEndObject();
            } else {
                json.writeName("data").writeArray(new double[] {0.5, -0.25}, 0, 2);
            }
            json.writeEndObject();
            json.writeEndArray();
        });
    }

    private static void request(ByteArrayOutputStream all, String what, String headers, byte[] json, byte[] binary) {
        String head = "POST /v2/models/" + MODEL + what + " HTTP/1.1\r\nHost: localhost\r\n" + headers
                + "Content-Length: " + (json.length + binary.length) + "\r\n\r\n";
        all.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(json);
        all.writeBytes(binary);
    }
}
