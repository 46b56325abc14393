package dev.lanewise.bench.fuzz.requests;

import dev.lanewise.bench.fuzz.FuzzTarget;
import dev.lanewise.bench.http.HttpText;
import dev.lanewise.bench.http.RawClient;
import dev.lanewise.bench.http.RawClient.Reply;
import dev.lanewise.bench.serving.SmallLanguageModel;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.GenerationLimits;
import dev.lanewise.serve.Servable;
import dev.lanewise.serve.Server;
import dev.lanewise.serve.Signature;
import dev.lanewise.serve.TensorInfo;
import dev.lanewise.serve.TextServable;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Lanewise;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Requests to a server, most of them damaged. Faults are: a right request that is not answered by 200, a status of 500
 * or more that is not about the version of HTTP, no answer to a request whose length is clear, an error that is no line of JSON, ten seconds without an
 * answer, memory that requests have left behind, and the end or a hang of the process.
 */
public final class RequestsTarget implements FuzzTarget {
    private static final int HIDDEN = 16;
    private static final int EVERY = 500;
    private static final long MOST_TENSOR_BYTES = 64 << 20;
    private static final Logger ROOT = Logger.getLogger("");

    private final Server server;
    private final RawClient client;

    /** Starts the server. */
    public RequestsTarget() {
        ROOT.setLevel(Level.OFF);
        this.server = Server.builder()
                .model("rows", "1", of(DType.F32, x -> x.mul(2), TensorInfo.OPEN, 3))
                .model("bytes", "1", of(DType.U8, x -> x, TensorInfo.OPEN))
                .model("table", "1", of(DType.I64, x -> x, TensorInfo.OPEN, TensorInfo.OPEN))
                .model("pair", "1", pair())
                .model("words", "1", Servable.of(words()))
                .model("vectors", "1", new Letters())
                .largestBody(1 << 16)
                .memory(1 << 24)
                // a request whose damaged field leaves the number open is to end soon, too
                .generation(GenerationLimits.usual().withNewTokens(16))
                .warmUp(Duration.ZERO)
                .start();
        this.client = new RawClient(server.port());
    }

    private record Model(Signature signature, Function<Map<String, Tensor>, Tensor> function) implements Servable {
        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            return Map.of("y", function.apply(inputs));
        }
    }

    private static Tensor x(Map<String, Tensor> inputs) {
        Tensor x = inputs.get("x");
        if (x == null) {
            throw new IllegalStateException("a model without its input");
        }
        return x;
    }

    private static Servable of(DType dtype, Function<Tensor, Tensor> function, long... sizes) {
        Signature signature =
                new Signature(List.of(TensorInfo.of("x", dtype, sizes)), List.of(TensorInfo.of("y", dtype, sizes)));
        return new Model(signature, inputs -> function.apply(x(inputs)));
    }

    private static TextGenerator words() {
        try {
            Path folder = Files.createTempDirectory("lanewise-words");
            try {
                SmallLanguageModel.write(folder, HIDDEN);
                return TextGenerator.load(folder);
            } finally {
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : (Iterable<Path>) files::iterator) {
                        Files.delete(file);
                    }
                }
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Servable pair() {
        TensorInfo x = TensorInfo.of("x", DType.F32, TensorInfo.OPEN, 2, 2);
        TensorInfo mask = TensorInfo.of("mask", DType.BOOL, TensorInfo.OPEN);
        return new Model(
                new Signature(List.of(x, mask), List.of(TensorInfo.of("y", DType.F32, TensorInfo.OPEN, 2, 2))),
                inputs -> x(inputs).mul(1));
    }

    /** The vector of a text is the mean of its letters; texts of similar lengths are padded and computed together. */
    private record Letters() implements TextServable {
        private static final String IDS = "input_ids";
        private static final String MASK = "attention_mask";

        @Override
        public Signature signature() {
            return new Signature(
                    List.of(
                            TensorInfo.of(IDS, DType.I64, TensorInfo.OPEN, TensorInfo.OPEN),
                            TensorInfo.of(MASK, DType.I64, TensorInfo.OPEN, TensorInfo.OPEN)),
                    List.of(TensorInfo.of("y", DType.F32, TensorInfo.OPEN, 1)));
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            Tensor ids = Objects.requireNonNull(inputs.get(IDS), IDS).to(DType.F32);
            Tensor mask = Objects.requireNonNull(inputs.get(MASK), MASK).to(DType.F32);
            return Map.of("y", ids.mul(mask).sum(1).div(mask.sum(1)).unsqueeze(1));
        }

        @Override
        public Encoded encode(String text) {
            long[] ids = text.chars().asLongStream().toArray();
            long[] mask = new long[ids.length];
            Arrays.fill(mask, 1);
            return new Encoded(
                    Map.of(IDS, TensorData.of(ids, 1, ids.length), MASK, TensorData.of(mask, 1, ids.length)),
                    ids.length);
        }
    }

    @Override
    public Optional<Fault> run(long seed, long number, Consumer<String> begins) {
        HttpText request = new RequestCases(seed, number).next();
        begins.accept("request " + shown(request.bytes()));
        try {
            Optional<Fault> fault = judge(request, client.send(request));
            return fault.isEmpty() && number % EVERY == 0 ? leftBehind() : fault;
        } catch (IOException e) {
            return Optional.of(new Fault("no answer", shown(request.bytes()) + ": " + e));
        }
    }

    private static Optional<Fault> judge(HttpText request, Reply reply) {
        String expected = null;
        if (reply.status() >= 500 && !isAnotherVersion(request, reply)) {
            expected = "a status below 500";
        } else if (request.isFramed() && reply.status() == 0) {
            expected = "an answer";
        } else if (request.isRight() && reply.status() != 200) {
            expected = "200";
        } else if (request.isFramed() && reply.status() >= 400 && !isError(reply.body())) {
            expected = "an error of one line in JSON";
        } else if (request.isRight()
                && reply.body().startsWith("data:")
                && !reply.body().endsWith("data: [DONE]\n\n")) {
            expected = "events up to [DONE]";
        }
        return expected == null
                ? Optional.empty()
                : Optional.of(new Fault(
                        "wrong answer",
                        shown(request.bytes()) + ": found " + reply.status() + " "
                                + shown(reply.body().getBytes(StandardCharsets.UTF_8)) + ", expected " + expected));
    }

    /** Another version of HTTP than 1.1 is what 505 is for. */
    private static boolean isAnotherVersion(HttpText request, Reply reply) {
        String first = new String(request.head(), StandardCharsets.ISO_8859_1)
                .lines()
                .findFirst()
                .orElse("");
        return reply.status() == 505 && !first.endsWith(" HTTP/1.1");
    }

    /** Answers to HEAD have no body, and what HTTP itself forbids never gets to the server's own code. */
    private static boolean isError(String body) {
        return body.isEmpty() || body.startsWith("{\"error\":") && body.endsWith("}") && !body.contains("\n");
    }

    private Optional<Fault> leftBehind() throws IOException {
        for (String flat : List.of("lanewise_request_memory_bytes 0.0", "lanewise_requests_in_progress 0.0")) {
            if (!isSoon(flat + "\n")) {
                return Optional.of(new Fault("left behind", "no '" + flat + "' among the metrics"));
            }
        }
        if (Lanewise.hostMemory() > MOST_TENSOR_BYTES) {
            return Optional.of(new Fault("left behind", Lanewise.hostMemory() + " bytes of tensors"));
        }
        return Optional.empty();
    }

    /** Whether the metrics say so before long: a request gives back what it took once its answer is sent. */
    private boolean isSoon(String line) throws IOException {
        HttpText metrics = HttpText.of("GET /metrics", "", new byte[0], true);
        for (int i = 0; i < 3_000; i++) {
            if (client.send(metrics).body().contains(line)) {
                return true;
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    private static String shown(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1)
                .replace("\r", "\\r")
                .replace("\n", "\\n")
                .replaceAll("[^\\x20-\\x7e]", "?");
        return text.length() > 1_000 ? text.substring(0, 1_000) + "..." : text;
    }
}
