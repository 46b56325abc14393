package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Json;
import dev.lanewise.examples.train.ReferenceModels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Trains reference models for a few steps on their stand-ins, each in one process: as they are, with captured steps, and in
 * 16 bits. A captured step does what an eager one does, so the losses must agree; those in 16 bits only have to stay near.
 */
final class TrainersRun {
    /** Every model. */
    static final List<String> ALL = ReferenceModels.ids();

    /** One of each kind: products, convolutions, attention. */
    static final List<String> FEW = List.of("mnist-mlp", "mnist-cnn", "char-gpt");

    private static final String LOSS = "train_loss";
    private static final double CAPTURED_TOLERANCE = 1e-3;
    private static final double NARROW_TOLERANCE = 0.25;

    private final List<String> models;
    private final List<TrainerSetting> settings;
    private final String device;
    private final Consumer<String> progress;
    private final List<Map<String, Object>> rows = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    /**
     * For some models.
     *
     * @param device what computes; on the CPU no steps are captured
     * @param progress takes a line for people
     */
    TrainersRun(List<String> models, String device, Consumer<String> progress) {
        this.models = models;
        this.device = device;
        this.progress = progress;
        settings = device.equals("cpu")
                ? TrainerSetting.ON_CPU
                : models.equals(FEW) ? TrainerSetting.FEW_ON_GPU : TrainerSetting.ON_GPU;
    }

    /**
     * Trains all.
     *
     * @param trainer runs {@link TrainerProcess} on arguments, hands on what it prints and says what went wrong, if anything
     *     did
     */
    StepResult run(BiFunction<List<String>, Consumer<String>, Optional<String>> trainer) {
        for (String model : models) {
            progress.accept(model);
            Model run = new Model(model);
            List<String> arguments = new ArrayList<>(List.of(device, model));
            settings.forEach(setting -> arguments.add(setting.name()));
            Optional<String> problem = trainer.apply(arguments, run::take);
            run.end(problem.orElse("it printed no loss"));
        }
        return result();
    }

    /** What there is so far. */
    synchronized StepResult result() {
        String summary = "last losses of " + rows.size() + " trainers, " + failures.size() + " failures";
        boolean good = failures.isEmpty() && rows.size() == models.size();
        return new StepResult(
                good ? StepResult.PASSED : StepResult.FAILED, summary, List.copyOf(rows), List.copyOf(failures));
    }

    private synchronized void fail(String failure) {
        failures.add(failure);
    }

    /** One model: the losses by setting, in their order. */
    private final class Model {
        private final String name;
        private final Map<String, Object> row = new LinkedHashMap<>();
        private final List<TrainerSetting> left = new ArrayList<>(settings);
        private double eager = Double.NaN;
        private Map<String, Object> last = Map.of();

        Model(String name) {
            this.name = name;
            row.put("model", name);
            synchronized (TrainersRun.this) {
                rows.add(row);
            }
        }

        /** Takes a line: of an epoch, or that a setting has ended. */
        void take(String printed) {
            if (!printed.startsWith("{") || !printed.endsWith("}")) {
                return;
            }
            Map<String, Object> line = Json.object(printed);
            if (!line.containsKey(TrainerProcess.ENDED)) {
                last = line;
                return;
            }
            TrainerSetting setting = left.removeFirst();
            Object code = line.get(TrainerProcess.ENDED);
            check(setting, Long.valueOf(0).equals(code) ? "" : "it ended with " + code);
            last = Map.of();
        }

        void end(String problem) {
            left.forEach(setting -> check(setting, problem));
        }

        private void check(TrainerSetting setting, String problem) {
            Object printed = last.get(LOSS);
            double loss = printed instanceof Number number ? number.doubleValue() : Double.NaN;
            eager = setting == settings.getFirst() ? loss : eager;
            synchronized (TrainersRun.this) {
                row.put(setting.id(), Double.isNaN(loss) ? "none" : String.format("%.5f", loss));
            }
            String what = name + " " + setting.id().replace('_', ' ') + ": ";
            double tolerance = setting.isExact() ? CAPTURED_TOLERANCE : NARROW_TOLERANCE;
            if (!problem.isEmpty()) {
                fail(what + problem);
            } else if (!Double.isFinite(loss)) {
                fail(what + "the loss is " + printed + " (expected a number)");
            } else if (Math.abs(loss - eager) > tolerance * Math.max(1, Math.abs(eager))) {
                fail(what + "the loss is " + loss + " (expected " + eager + " as in fp32, within " + tolerance + ")");
            }
        }
    }
}
