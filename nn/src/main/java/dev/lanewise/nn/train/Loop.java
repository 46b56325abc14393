package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.metrics.Metric;
import dev.lanewise.nn.optim.GradScaler;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run of a trainer's loop. */
final class Loop implements Training {
    private final Trainer trainer;
    private final DataLoader data;
    private final int epochs;
    private final TrainingState state;
    private final List<EpochFigures> history = new ArrayList<>();
    private final Map<String, Double> measured = new LinkedHashMap<>();
    private final Set<Path> toSave = new LinkedHashSet<>();
    private Position position = Position.START;
    private List<Metric> metrics = List.of();
    private @Nullable String stopped;
    private @Nullable Step step;
    private Optional<CapturedUpdates> captured = Optional.empty();

    Loop(Trainer trainer, DataLoader data, int epochs) {
        if (epochs < 1) {
            throw new TensorException("trainer: " + epochs + " epochs (expected 1 or more); check the number");
        }
        this.trainer = trainer;
        this.data = trainer.replicas.training(data);
        this.epochs = epochs;
        this.state = TrainingState.of(trainer.model, trainer.optimizer, trainer.average);
    }

    TrainingResult run() {
        Path saved = trainer.replicas.resume(trainer.resume);
        if (saved != null) {
            restore(saved);
        }
        trainer.replicas.begin(state);
        if (saved == null && trainer.average != null && trainer.replicas.size() > 1) {
            trainer.average.load(Map.of());
        }
        // made once the weights and the optimizer's state are in their final place
        captured = CapturedUpdates.of(trainer, data);
        try {
            return train();
        } finally {
            captured.ifPresent(CapturedUpdates::close);
        }
    }

    private TrainingResult train() {
        tell(callback -> callback.onStart(this));
        while (position.epoch() < epochs && !agreed(stopped != null)) {
            if (!epoch()) {
                return end(
                        TrainingResult.End.INTERRUPTED,
                        "interrupted in epoch " + (position.epoch() + 1) + " after " + position.batches() + " of "
                                + data.batches() + " batches");
            }
        }
        return position.epoch() == epochs && stopped == null
                ? end(TrainingResult.End.COMPLETED, "all " + epochs + " epochs were trained")
                : end(TrainingResult.End.STOPPED, stopped == null ? "another process stopped" : stopped);
    }

    /** Whether a condition holds in this process or in another that trains with it. */
    private boolean agreed(boolean here) {
        return trainer.replicas.sums(here ? 1 : 0).get()[0] > 0;
    }

    private TrainingResult end(TrainingResult.End end, String reason) {
        TrainingResult result = new TrainingResult(end, reason, history, metrics);
        tell(callback -> callback.onEnd(this, result));
        return result;
    }

    /** Trains an epoch, or what is left of it; false if the trainer's stop condition held or a callback stopped it. */
    private boolean epoch() {
        int epoch = position.epoch() + 1;
        tell(callback -> callback.onEpochStart(this, epoch));
        trainingMode(trainer.model);
        Iterator<Batch> batches = data.epoch(epoch, position.batches()).iterator();
        while (batches.hasNext()) {
            double[] ends = trainer.replicas
                    .sums(trainer.stop.getAsBoolean() ? 1 : 0, stopped != null ? 1 : 0)
                    .get();
            if (ends[0] > 0) {
                return false;
            }
            if (ends[1] > 0) {
                return true;
            }
            step(epoch, batches);
        }
        Optional<Evaluation> evaluation = trainer.validation == null
                ? Optional.of(new Evaluation(Map.of(), List.of()))
                : trainer.evaluate(trainer.validation, trainer.stop);
        if (evaluation.isEmpty()) {
            return false;
        }
        metrics = evaluation.get().metrics();
        EpochFigures figures =
                position.figures(trainer.optimizer.rate(), evaluation.get().figures());
        history.add(figures);
        position = position.nextEpoch();
        tell(callback -> callback.onEpochEnd(this, figures));
        return true;
    }

    /** Training mode, except for frozen layers, whose statistics must not change either. */
    static void trainingMode(Layer model) {
        model.train();
        model.apply(layer -> {
            List<Parameter> parameters = layer.parameters();
            if (!parameters.isEmpty() && parameters.stream().allMatch(Parameter::isFrozen)) {
                layer.eval();
            }
        });
    }

    private void step(int epoch, Iterator<Batch> batches) {
        long start = System.nanoTime();
        TrainingStepEvent event = new TrainingStepEvent();
        event.begin();
        StepFigures figures;
        try (var ignored = Scope.open("training step")) {
            List<Batch> taken = new ArrayList<>();
            while (taken.size() < trainer.updates.batches && batches.hasNext()) {
                taken.add(trainer.moved(batches.next()));
            }
            if (trainer.schedule != null) {
                trainer.optimizer.rate(trainer.schedule.rate(trainer.everyEpoch ? epoch - 1 : position.step()));
            }
            Done done = captured.isPresent() && captured.get().takes(taken)
                    ? replayed(captured.get(), taken.getFirst())
                    : computed(taken);
            position = position.after(taken.size(), done.samples, done.loss, System.nanoTime() - start);
            figures = position.figures(done.samples, done.loss, trainer.optimizer.rate(), measured);
        } finally {
            step = null;
            measured.clear();
        }
        event.ended(figures);
        tell(callback -> callback.onStep(this, figures));
    }

    /** An update that was made. */
    private record Done(double loss, long samples) {}

    /** Makes an update operation by operation. */
    private Done computed(List<Batch> batches) {
        trainer.replicas.beginStep(state.streams(), position.step());
        Step now = Step.of(trainer, batches, state.streams());
        step = now;
        Step.Result result = now.compute(this::tellOutput);
        checkFinite("the loss", result.loss());
        GradScaler.Unscaled gradients = trainer.precision.unscaled(result.gradients());
        if (gradients.finite()) {
            update(gradients.gradients());
        }
        trainer.precision.adapt();
        return new Done(result.loss(), result.samples());
    }

    private Done replayed(CapturedUpdates updates, Batch batch) {
        CapturedUpdates.Result result = updates.run(batch);
        tellOutput(batch, result.output());
        checkFinite("the loss", result.loss());
        result.norm().ifPresent(this::measuredNorm);
        averaged();
        return new Done(result.loss(), batch.size());
    }

    private void tellOutput(Batch batch, Tensor output) {
        trainer.callbacks.forEach(callback -> callback.onOutput(this, batch, output));
    }

    private void update(Gradients gradients) {
        trainer.callbacks.forEach(callback -> callback.onGradients(this, gradients));
        trainer.replicas.step(trainer.optimizer, trainer.updates.clipped(gradients, this::measuredNorm));
        averaged();
    }

    private void measuredNorm(double norm) {
        checkFinite("the norm of the gradients", norm);
        measured(GradientNorm.NAME, norm);
    }

    private void averaged() {
        if (trainer.average != null) {
            trainer.average.update();
        }
    }

    private void checkFinite(String what, double value) {
        if (!Double.isFinite(value)) {
            throw diagnose(what + " became " + value);
        }
    }

    /** Calls all callbacks, then saves if they asked for it, so that the state of each is in the files. */
    private void tell(Consumer<Callback> call) {
        trainer.callbacks.forEach(call);
        for (Path file : toSave) {
            trainer.replicas.save(state, file, notes());
        }
        toSave.clear();
    }

    private Map<String, Map<String, Double>> notes() {
        Map<String, Map<String, Double>> notes = new LinkedHashMap<>();
        notes.put(Position.HEADING, position.note(data.batches()));
        Map<String, Double> ofScaler = trainer.precision.state();
        if (!ofScaler.isEmpty()) {
            notes.put(Precision.HEADING, ofScaler);
        }
        history.forEach(figures -> notes.put("epoch." + figures.epoch(), Position.note(figures)));
        for (Callback callback : trainer.callbacks) {
            Map<String, Double> known = callback.state();
            if (!known.isEmpty() && notes.put("callback." + callback.name(), known) != null) {
                throw new TensorException("trainer: two callbacks save a state as '" + callback.name()
                        + "' (expected different names); give one another name()");
            }
        }
        return notes;
    }

    private void restore(Path file) {
        Map<String, Map<String, Double>> notes = state.restore(file);
        Map<String, Double> note = notes.get(Position.HEADING);
        if (note == null) {
            return;
        }
        position = Position.of(file, note, data.batches());
        trainer.precision.restore(notes.get(Precision.HEADING));
        for (int epoch = 1; epoch <= position.epoch(); epoch++) {
            Map<String, Double> figures = notes.get("epoch." + epoch);
            if (figures == null) {
                throw new CheckpointException(
                        file,
                        "no figures of epoch " + epoch + " in a training of " + position.epoch() + " epochs",
                        "those of every finished epoch",
                        "the file is damaged: take an earlier one");
            }
            history.add(Position.figures(file, epoch, figures));
        }
        for (Callback callback : trainer.callbacks) {
            Map<String, Double> known = notes.get("callback." + callback.name());
            if (known != null) {
                callback.restore(known);
            }
        }
    }

    // ---- what callbacks see

    @Override
    public Layer model() {
        return trainer.model;
    }

    @Override
    public Optimizer optimizer() {
        return trainer.optimizer;
    }

    @Override
    public @Nullable WeightAverage average() {
        return trainer.average;
    }

    @Override
    public int epochs() {
        return epochs;
    }

    @Override
    public long samples() {
        return data.samples();
    }

    @Override
    public List<EpochFigures> history() {
        return Collections.unmodifiableList(history);
    }

    @Override
    public void measured(String name, double value) {
        measured.put(name, value);
    }

    @Override
    public void stop(String reason) {
        stopped = reason;
    }

    @Override
    public boolean writes() {
        return trainer.replicas.writes();
    }

    @Override
    public void save(Path file) {
        toSave.add(file);
    }

    @Override
    public NonFiniteException diagnose(String what) {
        String where = what + " in epoch " + (position.epoch() + 1) + ", step " + (position.step() + 1);
        Step now = step;
        String why = now != null
                ? NanSearch.explain(now)
                : captured.isPresent()
                        ? "train without capturing steps to see which operation it came from"
                        : "call it from within a step";
        return new NonFiniteException("train: " + where + " (expected a finite number); " + why);
    }
}
