package dev.lanewise.bench.gpu;

import dev.lanewise.examples.train.ReferenceModels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Trains every reference model for a few steps on its stand-in: as it is, with captured steps, and in 16 bits. A captured
 * step does what an eager one does, so the losses must agree; those in 16 bits only have to stay near.
 *
 * @param device what computes; on the CPU no steps are captured
 * @param progress takes a line for people
 */
record TrainersRun(String device, Consumer<String> progress) {
    private static final String LOSS = "train_loss";
    private static final double CAPTURED_TOLERANCE = 1e-3;
    private static final double NARROW_TOLERANCE = 0.25;

    /** The model whose batches have several shapes. */
    private static final String UNEQUAL_BATCHES = "text-classifier";

    /** A way to train: a column of the table. */
    private record Setting(String name, double tolerance, String... options) {}

    private static final Setting EAGER = new Setting("eager_fp32", 0, "--precision", "fp32");
    private static final List<Setting> ON_CPU =
            List.of(new Setting("eager_bf16", NARROW_TOLERANCE, "--precision", "bf16"));
    private static final List<Setting> ON_GPU = List.of(
            new Setting("graphs_fp32", CAPTURED_TOLERANCE, "--precision", "fp32", "--graphs"),
            new Setting("graphs_tf32", NARROW_TOLERANCE, "--precision", "tf32", "--graphs"),
            new Setting("graphs_bf16", NARROW_TOLERANCE, "--precision", "bf16", "--graphs"),
            new Setting("eager_f16", NARROW_TOLERANCE, "--precision", "f16"));

    /**
     * Trains all.
     *
     * @param trainer runs the command line on arguments, puts the members of its last line into a map and says what went
     *     wrong, if anything did
     */
    StepResult run(BiFunction<List<String>, Map<String, Object>, Optional<String>> trainer) {
        List<Map<String, Object>> rows = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (String model : ReferenceModels.ids()) {
            progress.accept(model);
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("model", model);
            double eager = loss(model, EAGER, Double.NaN, trainer, row, failures);
            for (Setting setting : device.equals("cpu") ? ON_CPU : ON_GPU) {
                loss(model, setting, eager, trainer, row, failures);
            }
            rows.add(row);
        }
        String summary = "last losses of " + rows.size() + " trainers, " + failures.size() + " failures";
        return new StepResult(failures.isEmpty() ? StepResult.PASSED : StepResult.FAILED, summary, rows, failures);
    }

    private double loss(
            String model,
            Setting setting,
            double eager,
            BiFunction<List<String>, Map<String, Object>, Optional<String>> trainer,
            Map<String, Object> row,
            List<String> failures) {
        Map<String, Object> line = new LinkedHashMap<>();
        Optional<String> problem = trainer.apply(arguments(model, setting), line);
        double loss = line.get(LOSS) instanceof Number number ? number.doubleValue() : Double.NaN;
        row.put(setting.name, Double.isNaN(loss) ? "none" : String.format("%.5f", loss));
        String name = model + " " + setting.name.replace('_', ' ') + ": ";
        if (problem.isPresent()) {
            failures.add(name + problem.get());
        } else if (!Double.isFinite(loss)) {
            failures.add(name + "the loss is " + line.get(LOSS) + " (expected a number)");
        } else if (Math.abs(loss - eager) > setting.tolerance * Math.max(1, Math.abs(eager))) {
            failures.add(name + "the loss is " + loss + " (expected " + eager + " as in fp32, within "
                    + setting.tolerance + ")");
        }
        return loss;
    }

    private List<String> arguments(String model, Setting setting) {
        List<String> arguments = new ArrayList<>(List.of("train", model, "--data", "synthetic", "--limit", "64"));
        // a small rate: what differs by rounding must not grow within these steps
        arguments.addAll(List.of("--batch", "16", "--epochs", "2", "--lr", "0.001", "--json", "--device", device));
        arguments.addAll(List.of(setting.options));
        if (model.equals(UNEQUAL_BATCHES) && arguments.contains("--graphs")) {
            arguments.add("--or-eager");
        }
        return arguments;
    }
}
