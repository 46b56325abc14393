package dev.lanewise.bench;

import dev.lanewise.bench.http.HttpText;
import dev.lanewise.bench.serving.ServerLoad;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.serve.Batching;
import dev.lanewise.serve.Servable;
import dev.lanewise.serve.Server;
import dev.lanewise.serve.Signature;
import dev.lanewise.serve.TensorInfo;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise bench serve}. */
@Command(
        name = "serve",
        description = {
            "Put an ONNX model behind the server and time requests of one row by several clients in the same process:",
            "with rows put together and apart, computed here and by ONNX Runtime in turn."
        },
        sortOptions = false)
final class ServeLoadCommand implements Callable<Integer> {
    private static final String NAME = "model";
    private static final int ROUNDS = 5;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The model.")
    private Path file = Path.of("");

    @Option(names = "--clients", paramLabel = "N", split = ",", description = "At a time. Default: 1,8,64.")
    private List<Integer> clients = List.of(1, 8, 64);

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Most rows together. Default: 32,1.")
    private List<Integer> batches = List.of(32, 1);

    @Option(
            names = "--bucket",
            paramLabel = "N",
            description = "Lengths of token sequences that are padded and computed together. Default: 16.")
    private int bucket = Batching.usual().bucket();

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            split = ",",
            description = "${COMPLETION-CANDIDATES}. Default: both.")
    private List<Engine> engines = List.of(Engine.LANEWISE, Engine.ONNXRUNTIME);

    @Option(
            names = "--seq",
            paramLabel = "N",
            split = ",",
            description = "Sizes of other dynamic axes; requests take turns with several. Default: 16.")
    private List<Long> lengths = List.of(16L);

    @Option(names = "--threads", paramLabel = "N", description = "Threads of the engine. Default: 2.")
    private int threads = 2;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "How long to measure each, in five rounds after half as long. Default: 4.")
    private double seconds = 4;

    @Option(names = "--json", description = "Print one JSON object for each measurement and nothing else.")
    private boolean json;

    ServeLoadCommand() {}

    private enum Engine {
        LANEWISE,
        ONNXRUNTIME
    }

    @Override
    public Integer call() {
        if (threads < 1
                || !(seconds > 0)
                || lengths.stream().anyMatch(n -> n < 1)
                || clients.stream().anyMatch(n -> n < 1)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--threads " + threads + ", --seconds " + seconds + ", --seq " + lengths + ", --clients " + clients
                            + " (expected more than 0)");
        }
        System.setProperty("lanewise.threads", Integer.toString(threads));
        Servable own = Servable.of(OnnxModel.load(file));
        if (!engines.contains(Engine.ONNXRUNTIME)) {
            measure(Map.of(Engine.LANEWISE, own));
            return 0;
        }
        try (OnnxRuntimeSession session = new OnnxRuntimeSession(file, threads)) {
            Map<Engine, Servable> models = new EnumMap<>(Engine.class);
            engines.forEach(
                    engine -> models.put(engine, engine == Engine.LANEWISE ? own : new Peer(own.signature(), session)));
            measure(models);
        }
        return 0;
    }

    /** The model in ONNX Runtime, which one worker calls. */
    private record Peer(Signature signature, OnnxRuntimeSession session) implements Servable {
        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            session.inputs(inputs);
            return session.outputs();
        }
    }

    /** A server. */
    private record Side(Engine engine, int batch) {}

    private void measure(Map<Engine, Servable> models) {
        Map<Side, Server> servers = new LinkedHashMap<>();
        try {
            models.forEach((engine, model) -> batches.stream()
                    .distinct()
                    .forEach(batch -> servers.put(new Side(engine, batch), server(model, batch))));
            Signature signature = models.values().iterator().next().signature();
            List<HttpText> requests =
                    lengths.stream().map(length -> request(signature, length)).toList();
            for (int count : clients) {
                print(count, measured(servers, requests, count));
            }
        } finally {
            servers.values().forEach(Server::close);
        }
    }

    private Server server(Servable model, int batch) {
        return Server.builder()
                .model(NAME, "1", model)
                .batching(Batching.usual().withLargest(batch).withBucket(bucket).withQueue(4_096))
                .start();
    }

    /** The servers' rounds take turns, each round beginning with another, so that a slow minute of the machine meets all. */
    private Map<Side, ServerLoad> measured(Map<Side, Server> servers, List<HttpText> requests, int count) {
        Map<Side, ServerLoad> loads = new LinkedHashMap<>();
        servers.forEach((side, server) -> loads.put(side, new ServerLoad(server, requests)));
        loads.values().forEach(load -> load.warm(count, seconds / 2));
        List<ServerLoad> order = new ArrayList<>(loads.values());
        for (int round = 0; round < ROUNDS; round++) {
            order.forEach(load -> load.measure(count, seconds / ROUNDS));
            Collections.rotate(order, 1);
        }
        return loads;
    }

    // ---- the request

    private static HttpText request(Signature signature, long length) {
        StringBuilder inputs = new StringBuilder();
        ByteArrayOutputStream binary = new ByteArrayOutputStream();
        try (Scope ignored = Scope.open("request")) {
            for (TensorInfo info : signature.inputs()) {
                byte[] data = TensorData.of(value(info, length)).segment().toArray(ValueLayout.JAVA_BYTE);
                inputs.append(inputs.isEmpty() ? "" : ",")
                        .append(String.format(
                                Locale.ROOT,
                                "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,"
                                        + "\"parameters\":{\"binary_data_size\":%d}}",
                                info.name(),
                                datatype(info),
                                shape(info, length),
                                data.length));
                binary.writeBytes(data);
            }
        }
        byte[] head = ("{\"parameters\":{\"binary_data_output\":true},\"inputs\":[" + inputs + "]}")
                .getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(head);
        body.writeBytes(binary.toByteArray());
        return HttpText.of(
                "POST /v2/models/" + NAME + "/infer",
                "Inference-Header-Content-Length: " + head.length + "\r\n",
                body.toByteArray(),
                true);
    }

    private static String datatype(TensorInfo info) {
        return switch (info.dtype()) {
            case F32 -> "FP32";
            case F64 -> "FP64";
            case I32 -> "INT32";
            case I64 -> "INT64";
            case F16, BF16, I8, U8, BOOL ->
                throw new TensorException("bench serve: input " + info + " (expected FP32, FP64, INT32 or INT64);"
                        + " measure another model");
        };
    }

    private static Shape shape(TensorInfo info, long length) {
        List<Long> sizes = info.sizes();
        if (sizes == null) {
            throw new TensorException("bench serve: input " + info + " (expected a known number of dimensions);"
                    + " measure another model");
        }
        List<Long> chosen = new ArrayList<>();
        for (int dim = 0; dim < sizes.size(); dim++) {
            long size = sizes.get(dim);
            chosen.add(size != TensorInfo.OPEN ? size : dim == 0 ? 1 : length);
        }
        return Shape.of(chosen);
    }

    private static Tensor value(TensorInfo info, long length) {
        return Tensor.ones(shape(info, length).toArray()).to(info.dtype());
    }

    // ---- the report

    private void print(int count, Map<Side, ServerLoad> loads) {
        loads.forEach((side, load) -> {
            boolean isPeer = side.engine == Engine.ONNXRUNTIME;
            print(side, count, load, isPeer ? null : loads.get(new Side(Engine.ONNXRUNTIME, side.batch)));
        });
    }

    private void print(Side side, int count, ServerLoad load, @Nullable ServerLoad peer) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("model", file.toString());
            fields.put("engine", side.engine.name().toLowerCase(Locale.ROOT));
            fields.put("batch", side.batch);
            fields.put("clients", count);
            fields.put("threads", threads);
            fields.put("per_second", load.perSecond());
            fields.put("ms", load.millis(0.5));
            fields.put("ms_p99", load.millis(0.99));
            if (peer != null) {
                fields.put("ratio", load.ratioTo(peer));
                fields.put("ratio_p99", load.millis(0.99) / peer.millis(0.99));
            }
            out.println(JsonLine.of(fields));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "%s, up to %d rows together, %d clients: %.0f requests per second, %.2f ms (99%%: %.2f)%s",
                    side.engine.name().toLowerCase(Locale.ROOT),
                    side.batch,
                    count,
                    load.perSecond(),
                    load.millis(0.5),
                    load.millis(0.99),
                    peer == null ? "" : beside(load, peer)));
        }
        out.flush();
    }

    private static String beside(ServerLoad load, ServerLoad peer) {
        return String.format(
                Locale.ROOT,
                ", %.2f of ONNX Runtime's throughput, %.2f of its 99%%",
                load.ratioTo(peer),
                load.millis(0.99) / peer.millis(0.99));
    }
}
