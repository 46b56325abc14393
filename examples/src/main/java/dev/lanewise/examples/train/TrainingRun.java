package dev.lanewise.examples.train;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Module;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run of {@code lanewise train}, from the data to the report.
 *
 * @param limit the number of training samples, null for all
 */
record TrainingRun(
        ReferenceModel reference,
        Setup setup,
        Recipe recipe,
        Device device,
        Weights weights,
        @Nullable Integer limit) {
    private static final int TEST_BATCH = 256;

    /**
     * Where weights come from and go to.
     *
     * @param load weights to begin with
     * @param freeze whether only the last layer is trained
     * @param resume where an earlier run stood
     * @param save where this run is saved after every epoch
     */
    record Weights(
            @Nullable Path load,
            boolean freeze,
            @Nullable Path resume,
            @Nullable Path save) {
        /** Opens the files, so that a wrong one is known before the data is read. */
        void check() {
            check(load);
            check(resume);
        }

        private static void check(@Nullable Path file) {
            if (file != null) {
                Safetensors.open(file).close();
            }
        }
    }

    /** A network with what trains it, and how many epochs it was trained before. */
    private record Trained(Module network, Optimizer optimizer, int epochs) {}

    /** Trains, saves and reports. */
    void run() {
        weights.check();
        Task task = reference.prepare(setup);
        Trained trained = create(task.card());
        DataLoader train = loader(task.train(), recipe.batch(), true);
        DataLoader test = loader(task.test(), TEST_BATCH, false);
        try (Interruption interruption = new Interruption()) {
            Training training = new Training(
                    trained.network,
                    task.objective(),
                    trained.optimizer,
                    schedule(train.batches()),
                    recipe.mostNorm(),
                    device,
                    setup.progress(),
                    interruption::requested);
            train(task, trained, training, train, test);
        }
    }

    private Trained create(Card card) {
        Rng rng = Rng.global();
        rng.seed(setup.seed());
        Module network = reference.network(card);
        if (weights.load != null) {
            List<String> kept = Pretrained.load(weights.load, network, reference.head());
            if (!kept.isEmpty()) {
                setup.progress()
                        .notice(weights.load + ": not taken from it, but drawn anew: " + String.join(", ", kept));
            }
        }
        if (weights.freeze) {
            Pretrained.freezeAllBut(reference.head(), network);
        }
        network.to(device);
        Optimizer optimizer = recipe.optimizer().create(network.parameters(), recipe.rate());
        int epochs = weights.resume == null
                ? 0
                : Checkpoint.resume(weights.resume, network, optimizer, rng).epoch();
        return new Trained(network, optimizer, epochs);
    }

    private DataLoader loader(Dataset dataset, int batch, boolean train) {
        long most = limit == null ? dataset.size() : train ? limit : Math.max(1, limit / 5);
        return new DataLoader(Subset.of(dataset, most), batch, train, setup.seed());
    }

    private Schedule schedule(long batches) {
        return recipe.oneCycle()
                ? Schedule.oneCycle(recipe.rate(), recipe.epochs() * batches)
                : Schedule.constant(recipe.rate());
    }

    private void train(Task task, Trained trained, Training training, DataLoader train, DataLoader test) {
        double seconds = 0;
        Objective.Evaluation evaluation = null;
        for (int epoch = trained.epochs + 1; epoch <= recipe.epochs(); epoch++) {
            setup.progress().begin(epoch, recipe.epochs(), train.samples());
            task.onEpoch().accept(epoch);
            long start = System.nanoTime();
            double loss = training.epoch(train, epoch);
            if (Double.isNaN(loss)) {
                save(task.card(), trained, epoch - 1);
                setup.progress()
                        .notice("interrupted in epoch " + epoch
                                + (weights.save == null
                                        ? "; nothing was saved, as there is no --save"
                                        : "; saved " + weights.save));
                return;
            }
            double epochSeconds = (System.nanoTime() - start) / 1e9;
            seconds += epochSeconds;
            evaluation = training.evaluate(test);
            Map<String, Double> figures = new LinkedHashMap<>(evaluation.figures());
            figures.putAll(reference.figures(trained.network));
            setup.progress().end(epochSeconds, loss, figures);
            save(task.card(), trained, epoch);
        }
        if (evaluation != null) {
            report(task, trained, evaluation, seconds, train.samples());
        }
    }

    /** Saves; an epoch that was interrupted begins again when the run is resumed. */
    private void save(Card card, Trained trained, int epochs) {
        if (weights.save != null) {
            card.write(weights.save);
            Checkpoint.save(
                    weights.save, trained.network, trained.optimizer, Rng.global(), new Checkpoint.Position(epochs));
        }
    }

    private void report(Task task, Trained trained, Objective.Evaluation evaluation, double seconds, long samples) {
        int epochs = recipe.epochs() - trained.epochs;
        setup.progress()
                .report(evaluation.report()
                        + reference.closing(task.card(), trained.network)
                        + String.format(
                                Locale.ROOT,
                                "%,d parameters, %d epochs of %,d samples in %.1f s: %,.0f samples/s; peak memory %,d MB%n",
                                trained.network.parameterCount(),
                                epochs,
                                samples,
                                seconds,
                                samples * epochs / seconds,
                                Resources.peakMemoryBytes() / 1_000_000));
    }
}
