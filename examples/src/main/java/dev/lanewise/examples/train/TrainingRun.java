package dev.lanewise.examples.train;

import dev.lanewise.distributed.DataParallel;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.NonFiniteException;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.nn.train.TrainingState;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A run of {@code lanewise train}, from the data to the report. */
record TrainingRun(
        ReferenceModel reference,
        Setup setup,
        Recipe recipe,
        Compute compute,
        Weights weights,
        DistributedOptions.@Nullable Processes processes) {
    private static final int TEST_BATCH = 256;

    /**
     * The files of weights.
     *
     * @param load weights to start with
     * @param freeze whether only the last layer is trained
     * @param resume the state of an earlier run
     * @param save the file that this run is saved to after every epoch
     */
    record Weights(
            @Nullable Path load,
            boolean freeze,
            @Nullable Path resume,
            @Nullable Path save) {
        /** Opens the files, so that a wrong one is known before the data is read. */
        void check() {
            if (load != null) {
                Safetensors.open(load).close();
            }
            if (resume != null) {
                TrainingState.checkReadable(resume);
            }
            if (save != null) {
                TrainingState.checkWritable(save);
            }
        }
    }

    /** Trains, saves and reports. */
    void run() {
        boolean first = processes == null || processes.isFirst();
        if (first) {
            weights.check();
        }
        Task task = prepared(first);
        Layer network = network(task.card());
        Optimizer optimizer = recipe.optimizer().create(network.parameters(), recipe.rate());
        DataLoader train = loader(task.train(), recipe.batch(), true);
        DataLoader test = loader(task.test(), TEST_BATCH, false);
        Trainer trainer = compute.set(
                reference.trainer(new Parts(task.card(), network, optimizer, test, recipe.epochs() * train.batches())));
        if (first) {
            trainer.callbacks(setup.progress().of(reference));
        }
        if (weights.resume != null) {
            trainer.resume(weights.resume);
        }
        if (weights.save != null) {
            trainer.callbacks(new Saving(task.card(), weights.save));
        }
        try (Interruption interruption = new Interruption()) {
            TrainingResult result = fit(trainer.stopWhen(interruption::requested), train);
            if (first) {
                report(task.card(), network, result);
            }
        }
    }

    /** The first process looks for the data, and perhaps loads it from the network, before the others do. */
    private Task prepared(boolean first) {
        if (processes == null) {
            return reference.prepare(setup);
        }
        if (first) {
            Task task = reference.prepare(setup);
            processes.communicator().barrier();
            return task;
        }
        processes.communicator().barrier();
        return reference.prepare(setup);
    }

    private Layer network(Card card) {
        Rng.global().seed(setup.seed());
        Layer network = reference.network(card);
        if (weights.load != null) {
            List<String> kept = Pretrained.load(weights.load, network, reference.head());
            if (!kept.isEmpty()) {
                setup.progress()
                        .notice(weights.load + ": not taken from it, but initialized at random: "
                                + String.join(", ", kept));
            }
        }
        if (weights.freeze) {
            Pretrained.freezeAllBut(reference.head(), network);
        }
        network.to(compute.device());
        return network;
    }

    private DataLoader loader(Dataset dataset, int batch, boolean train) {
        Dataset used = Subset.of(dataset, setup.most(dataset.size(), train));
        return new DataLoader(used, batch, train, setup.seed());
    }

    private TrainingResult fit(Trainer trainer, DataLoader train) {
        try {
            return processes == null ? trainer.fit(train, recipe.epochs()) : together(trainer, train, processes);
        } catch (NonFiniteException e) {
            throw new TensorException(e.getMessage() + " (--lr)", e);
        }
    }

    private TrainingResult together(Trainer trainer, DataLoader train, DistributedOptions.Processes others) {
        DataParallel all = DataParallel.wrap(trainer, others.communicator(), others.options());
        TrainingResult result = all.fit(train, recipe.epochs());
        if (others.isFirst()) {
            setup.progress()
                    .report(String.format(
                            Locale.ROOT,
                            "%d ranks: communication %.1f s, of which training waited %.1f s%n",
                            others.communicator().size(),
                            all.communicationSeconds(),
                            all.waitedSeconds()));
        }
        return result;
    }

    private void report(Card card, Layer network, TrainingResult result) {
        if (result.end() == TrainingResult.End.INTERRUPTED) {
            setup.progress()
                    .notice(result.reason()
                            + (weights.save == null
                                    ? "; nothing was saved, as there is no --save"
                                    : "; saved " + weights.save));
        } else if (result.metrics().isEmpty()) {
            // no epoch was left, so nothing was measured
            int trained = result.history().size();
            setup.progress()
                    .notice(weights.resume + ": trained up to epoch " + trained
                            + " already, so nothing was done; --epochs " + 2 * trained + " goes on");
        } else {
            List<EpochFigures> epochs = result.history();
            double seconds = epochs.stream().mapToDouble(EpochFigures::seconds).sum();
            long samples = epochs.stream().mapToLong(EpochFigures::samples).sum();
            setup.progress()
                    .report(reference.report(result)
                            + reference.closing(card, network)
                            + String.format(
                                    Locale.ROOT,
                                    "%,d parameters, %d epochs of %,d samples in %.1f s: %,.0f samples/s; peak memory"
                                            + " %,d MB%n",
                                    network.parameterCount(),
                                    epochs.size(),
                                    result.last().samples(),
                                    seconds,
                                    samples / seconds,
                                    Resources.peakMemoryBytes() / 1_000_000));
        }
    }
}
