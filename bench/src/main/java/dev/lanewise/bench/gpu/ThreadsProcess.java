package dev.lanewise.bench.gpu;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.bench.Child;
import dev.lanewise.cuda.CudaPrecision;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A process that trains two models on the device it is given, one after the other twice and then in two threads, and prints
 * how far the weights of the first two runs differ, and then how far those of the threads do, too.
 */
final class ThreadsProcess {
    private static final String AGAIN = "one_after_the_other";
    private static final String TOGETHER = "in_two_threads";
    private static final double SAME = 1e-4;

    private ThreadsProcess() {}

    /** Trains: device, steps. */
    public static void main(String[] args) {
        Child.endWithParent();
        // the same bits every time: then any difference is one too many
        CudaPrecision.requireDeterminism(true);
        Device device = Device.parse(args[0]);
        int steps = Integer.parseInt(args[1]);
        List<Supplier<Layer>> models = List.of(MnistModels::mlp, MnistModels::lenet5);
        List<float[]> expected =
                models.stream().map(m -> train(m, device, steps)).toList();
        List<float[]> again = models.stream().map(m -> train(m, device, steps)).toList();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(AGAIN, number(difference(expected, again)));
        print(line);
        List<CompletableFuture<float[]>> threads = models.stream()
                .map(m ->
                        CompletableFuture.supplyAsync(() -> train(m, device, steps), task -> new Thread(task).start()))
                .toList();
        List<float[]> together = threads.stream().map(CompletableFuture::join).toList();
        line.put(TOGETHER, number(difference(expected, together)));
        print(line);
    }

    /** What JSON has no number for is a text. */
    private static Object number(double difference) {
        return Double.isFinite(difference) ? (Object) difference : Double.toString(difference);
    }

    private static void print(Map<String, Object> line) {
        System.out.println(JsonLine.of(line));
        System.out.flush();
    }

    /**
     * What the process has found out.
     *
     * @param line the members of its last line
     * @param problem what went wrong, if anything did
     */
    static StepResult result(Map<String, Object> line, String problem) {
        Object again = line.get(AGAIN);
        if (again == null) {
            return StepResult.failed(problem);
        }
        boolean ended = line.containsKey(TOGETHER);
        boolean same = line.get(TOGETHER) instanceof Double together && together <= SAME;
        String summary = (ended ? "weights differ by " + line.get(TOGETHER) + " at most; those" : "weights")
                + " of two runs in one thread " + (ended ? "by " : "differ by ") + again;
        return new StepResult(same ? StepResult.PASSED : StepResult.FAILED, summary, List.of(line), List.of())
                .with(problem.isEmpty() ? List.of() : List.of(problem));
    }

    private static float[] train(Supplier<Layer> build, Device device, int steps) {
        Layer model = initial(build);
        model.to(device);
        Optimizer optimizer = new Sgd(model.parameters(), 0.01, Sgd.Options.momentum(0.9));
        Tensor x = new Rng(1).rand(DType.F32, 32, 1, 28, 28).to(device).keep();
        Tensor y = new Rng(2).randint(0, 10, 32).to(device).keep();
        for (int i = 0; i < steps; i++) {
            try (var ignored = Scope.open("step")) {
                optimizer.step(Autograd.gradients(model.forward(x).crossEntropy(y)));
            }
        }
        return model.parameters().getFirst().leaf().toFloatArray();
    }

    /** The first weights come from the process's one random stream. */
    private static synchronized Layer initial(Supplier<Layer> build) {
        Rng.global().seed(5);
        return build.get();
    }

    /** The largest difference; NaN if there is one. */
    static double difference(List<float[]> a, List<float[]> b) {
        double largest = 0;
        for (int m = 0; m < a.size(); m++) {
            for (int i = 0; i < a.get(m).length; i++) {
                largest = Math.max(largest, Math.abs(a.get(m)[i] - b.get(m)[i]));
            }
        }
        return largest;
    }
}
