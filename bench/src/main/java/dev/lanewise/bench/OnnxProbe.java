package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A process that loads a model, here or in ONNX Runtime, and calls it a few times: what {@code bench versus-onnxruntime
 * --fresh} observes.
 */
final class OnnxProbe {
    private static final String OWN = "lanewise";
    private static final String PEER = "onnxruntime";

    /** As many calls as a service may answer before it is warm. */
    private static final int CALLS = 10;

    private OnnxProbe() {}

    /** Both sides, as the first argument of {@link #main}. */
    static List<String> sides() {
        return List.of(OWN, PEER);
    }

    /** Loads and calls the model, and prints the times and the process's resident memory. */
    public static void main(String[] args) {
        Path file = Path.of(args[1]);
        int threads = Integer.parseInt(args[2]);
        long batch = Long.parseLong(args[3]);
        long length = Long.parseLong(args[4]);
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("model", file.toString());
        line.put("process", args[0]);
        line.put("batch", batch);
        line.put("seq", length);
        line.put("start_mib", MemoryProbe.resident("VmRSS"));
        if (args[0].equals(OWN)) {
            callOwn(file, batch, length, line);
        } else {
            callPeer(file, threads, batch, length, line);
        }
        line.put("peak_mib", MemoryProbe.resident("VmHWM"));
        System.out.println(JsonLine.of(line));
    }

    private static void callOwn(Path file, long batch, long length, Map<String, Object> line) {
        long start = System.nanoTime();
        OnnxModel model = OnnxModel.load(file);
        line.put("load_ms", millisSince(start));
        model.eval();
        try (Scope ignored = Scope.open("probe")) {
            Map<String, Tensor> inputs = OnnxRuntimeCommand.inputs(model, batch, length);
            call(line, () -> {
                try (Scope scope = Scope.open("call")) {
                    Autograd.noGrad(() -> model.forward(inputs));
                }
            });
        }
    }

    private static void callPeer(Path file, int threads, long batch, long length, Map<String, Object> line) {
        long start = System.nanoTime();
        try (OnnxRuntimeSession peer = new OnnxRuntimeSession(file, threads)) {
            line.put("load_ms", millisSince(start));
            peer.ones(batch, length);
            call(line, peer::run);
        }
    }

    private static void call(Map<String, Object> line, Runnable call) {
        double[] millis = new double[CALLS];
        for (int i = 0; i < CALLS; i++) {
            long start = System.nanoTime();
            call.run();
            millis[i] = millisSince(start);
        }
        line.put("first_ms", millis[0]);
        line.put("last_ms", millis[CALLS - 1]);
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }
}
