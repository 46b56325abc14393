package dev.lanewise.testkit.golden;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Runs the reference cases of a folder on a device.
 *
 * <pre>{@code
 * List<GoldenResult> results = GoldenRunner.of(Path.of("golden/cases"), Device.CPU).runAll();
 * System.out.println(GoldenResult.table(results));
 * }</pre>
 */
public final class GoldenRunner {
    private static final String ABSENT = "no adapter for this operation; add one to a GoldenOps provider";

    private final Path dir;
    private final Device device;
    private final Map<String, GoldenOp> ops = new HashMap<>();
    private final Map<String, GoldenTrainer> trainers = new HashMap<>();

    /**
     * A runner with given adapters.
     *
     * @param dir the folder with {@code *.safetensors} files
     * @param device the device that the cases are computed on
     * @param adapters the adapters; later ones take precedence
     */
    public GoldenRunner(Path dir, Device device, List<? extends GoldenOps> adapters) {
        this.dir = dir;
        this.device = device;
        for (GoldenOps provider : adapters) {
            ops.putAll(provider.ops());
            trainers.putAll(provider.trainers());
        }
    }

    /**
     * A runner with the adapters of every provider on the class or module path.
     *
     * @param dir the folder of the cases
     * @param device where they run
     * @return the runner
     */
    public static GoldenRunner of(Path dir, Device device) {
        List<GoldenOps> providers = ServiceLoader.load(GoldenOps.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(GoldenOps::priority))
                .toList();
        return new GoldenRunner(dir, device, providers);
    }

    /**
     * A case, not run yet.
     *
     * @param id the case
     * @param op its operation
     * @param check runs it; never throws because of the implementation
     */
    public record Pending(String id, String op, Supplier<GoldenResult> check) {}

    /**
     * {@return all cases of the folder, in the order of the files' names}
     *
     * @throws TensorException if a file can't be read, is damaged or holds something else
     */
    public List<Pending> cases() {
        List<Pending> cases = new ArrayList<>();
        for (Path path : files()) {
            try {
                cases.addAll(cases(path));
            } catch (UncheckedIOException e) {
                throw unusable(path, "a file that can't be read (" + e.getCause() + ")", e);
            } catch (RuntimeException e) { // whatever a foreign or damaged header leads to
                throw unusable(path, "no reference cases", e);
            }
        }
        return cases;
    }

    private List<Pending> cases(Path path) {
        TensorFile file = TensorFile.read(path);
        return switch (file.metadata("format")) {
            case "golden-train-1" -> List.of(new Pending(file.name(), file.name(), () -> train(file)));
            case "golden-1" ->
                GoldenCase.list(file.metadata("cases")).stream()
                        .map(golden -> new Pending(golden.id(), golden.op(), () -> run(golden, file)))
                        .toList();
            default -> throw new IllegalArgumentException("format '" + file.metadata("format") + "'");
        };
    }

    private static TensorException unusable(Path path, String found, RuntimeException cause) {
        return new TensorException(
                "reference cases: " + path + ": found " + found
                        + "; expected a safetensors file that testkit/golden/generate.py wrote; give the folder of the"
                        + " cases, or write them again",
                cause);
    }

    /**
     * Runs all cases.
     *
     * @return a result for each case, in the order of their names
     */
    public List<GoldenResult> runAll() {
        return cases().stream().map(pending -> pending.check().get()).toList();
    }

    private List<Path> files() {
        try (Stream<Path> list = Files.list(dir)) {
            return list.filter(path -> path.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw unusable(dir, "a folder that can't be listed (" + e + ")", new UncheckedIOException(e));
        }
    }

    private GoldenResult run(GoldenCase golden, TensorFile file) {
        GoldenOp op = ops.get(golden.op());
        if (op == null) {
            return missing(golden.id(), golden.op());
        }
        try (var ignored = Scope.open(golden.id())) {
            Comparison comparison = new Comparison();
            compare(golden, file, op, comparison);
            return comparison.result(golden.id(), golden.op());
        } catch (RuntimeException | AssertionError e) {
            return failed(golden.id(), golden.op(), e);
        }
    }

    private void compare(GoldenCase golden, TensorFile file, GoldenOp op, Comparison comparison) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (String name : golden.inputs()) {
            Tensor input = file.entry(golden.id() + "/in/" + name).tensor(device);
            inputs.put(name, golden.grads().contains(name) ? Autograd.watch(input) : input);
        }
        List<Tensor> outputs = op.run(inputs, golden.attributes());
        Map<String, Tensor> byName = new LinkedHashMap<>();
        for (int i = 0; i < golden.outputs().size(); i++) {
            String name = golden.outputs().get(i);
            byName.put(name, outputs.get(i));
            compare(name, golden, file.entry(golden.id() + "/out/" + name), outputs.get(i), comparison);
        }
        if (!golden.grads().isEmpty()) {
            compareGradients(golden, file, inputs, byName, comparison);
        }
    }

    /** An output that is not tracked, as of {@code floor}, has a gradient of zeros, which is what PyTorch stores. */
    private void compareGradients(
            GoldenCase golden,
            TensorFile file,
            Map<String, Tensor> inputs,
            Map<String, Tensor> outputs,
            Comparison comparison) {
        List<Tensor> tracked = new ArrayList<>();
        List<Tensor> upstream = new ArrayList<>();
        for (String name : golden.gouts()) {
            Tensor output = get(outputs, name);
            if (Autograd.isTracked(output)) {
                tracked.add(output);
                upstream.add(file.entry(golden.id() + "/gout/" + name).tensor(device));
            }
        }
        Gradients gradients = tracked.isEmpty()
                ? null
                : Autograd.gradients(tracked.toArray(Tensor[]::new), upstream.toArray(Tensor[]::new), Graph.RELEASE);
        for (String name : golden.grads()) {
            Tensor input = get(inputs, name);
            Tensor gradient = gradients != null && gradients.has(input) ? gradients.of(input) : input.zerosLike();
            compare("gradient of " + name, golden, file.entry(golden.id() + "/grad/" + name), gradient, comparison);
        }
    }

    private static void compare(
            String what, GoldenCase golden, TensorFile.Entry want, Tensor got, Comparison comparison) {
        comparison.compare(what, want, got.spec().toString(), got.toDoubleArray(), golden.rtol(), golden.atol());
    }

    private GoldenResult train(TensorFile file) {
        String name = file.name();
        GoldenTrainer trainer = trainers.get(name);
        if (trainer == null) {
            return missing(name, name);
        }
        try (var ignored = Scope.open(name)) {
            Comparison comparison = new Comparison();
            compare(file, trainer, comparison);
            return comparison.result(name, name);
        } catch (RuntimeException | AssertionError e) {
            return failed(name, name, e);
        }
    }

    private void compare(TensorFile file, GoldenTrainer trainer, Comparison comparison) {
        Map<String, Tensor> initial = new LinkedHashMap<>();
        for (String name : file.names()) {
            if (name.startsWith("init/")) {
                initial.put(name.substring("init/".length()), file.entry(name).tensor(device));
            }
        }
        GoldenTrainer.Outcome outcome = trainer.train(
                initial, file.entry("x").tensor(device), file.entry("y").tensor(device));
        double[] losses = file.entry("loss").values();
        if (outcome.losses().size() != losses.length) {
            comparison.fail(outcome.losses().size() + " losses (expected " + losses.length + ")");
            return;
        }
        for (int step = 0; step < losses.length; step++) {
            comparison.compare(
                    "loss of step " + step, losses[step], outcome.losses().get(step), 1e-3, 1e-4);
        }
        for (String name : file.names()) {
            if (name.startsWith("final/")) {
                Tensor got = get(outcome.state(), name.substring("final/".length()));
                comparison.compare(name, file.entry(name), got.spec().toString(), got.toDoubleArray(), 2e-3, 5e-4);
            }
        }
    }

    private static Tensor get(Map<String, Tensor> tensors, String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no tensor '" + name + "' among " + tensors.keySet());
        }
        return tensor;
    }

    private static GoldenResult missing(String id, String op) {
        return new GoldenResult(id, op, GoldenResult.Status.MISSING, Double.NaN, ABSENT);
    }

    private static GoldenResult failed(String id, String op, Throwable e) {
        return new GoldenResult(id, op, GoldenResult.Status.FAILED, Double.NaN, e.toString());
    }
}
