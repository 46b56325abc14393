package dev.lanewise.distributed;

import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.train.Evaluation;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.TrainingResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Trains one model on several ranks, each with a part of every batch: rank r has the r-th contiguous part. The result is that of one
 * process with the same batches, but for the rounding of sums, random numbers drawn by layers, and layers that look at the whole
 * batch ({@link BatchNormStatistics}).
 *
 * <ul>
 *   <li>Weights are those of rank 0 at the start. A checkpoint is read and written by rank 0 alone, and does not depend on the
 *       number of ranks: training resumes with any.
 *   <li>Gradients are averaged, weighted by what each rank's loss is a mean over, in buckets that go out while the backward pass
 *       runs on.
 *   <li>Figures, losses and metrics are those of all ranks together, and the same on each.
 *   <li>All ranks have the same callbacks, since those may end the training. What should appear once, such as a log, is added on
 *       rank 0 alone; {@link dev.lanewise.nn.train.Checkpoints} write there alone by themselves.
 * </ul>
 *
 * <p>Gradients {@linkplain dev.lanewise.autograd.Autograd#watchRows by rows} are summed whole.
 */
public final class DataParallel {
    private final Trainer trainer;
    private final Communicator communicator;
    private final Options options;
    private double seconds;
    private double waitedSeconds;
    /** What is under way, whose seconds are not among these yet. */
    private volatile @Nullable Courier current;

    /** What the running statistics of batch normalization become; in training each rank normalizes by its own part of a batch. */
    public enum BatchNormStatistics {
        /** Those of rank 0, as it has seen its parts of the batches. */
        LOCAL,
        /** The mean over all ranks. */
        AVERAGED
    }

    /**
     * How to train.
     *
     * @param batchNorm which running statistics are measured with and saved
     * @param shardOptimizer whether each rank keeps the optimizer's state of its share of the parameters only (ZeRO 1): less
     *     memory, one more exchange per step
     * @param bucketBytes how much is sent at once, 1 or more
     */
    public record Options(BatchNormStatistics batchNorm, boolean shardOptimizer, long bucketBytes) {
        /**
         * Checks the size.
         *
         * @throws CommunicationException if {@code bucketBytes} is less than 1
         */
        public Options {
            Objects.requireNonNull(batchNorm, "batchNorm");
            if (bucketBytes < 1) {
                throw new CommunicationException(
                        "data parallel: buckets of " + bucketBytes + " bytes (expected 1 or more); check the size");
            }
        }

        /** Averaged statistics, the whole optimizer on each rank, buckets of 1 MiB. */
        public Options() {
            this(BatchNormStatistics.AVERAGED, false, 1 << 20);
        }
    }

    private DataParallel(Trainer trainer, Communicator communicator, Options options) {
        this.trainer = trainer;
        this.communicator = communicator;
        this.options = options;
    }

    /**
     * A trainer on all ranks, with the usual options.
     *
     * @param trainer set up in the same way on all ranks
     * @param communicator connects them; it is not closed
     * @return the trainer of all
     */
    public static DataParallel wrap(Trainer trainer, Communicator communicator) {
        Objects.requireNonNull(trainer, "trainer");
        Objects.requireNonNull(communicator, "communicator");
        return wrap(trainer, communicator, new Options());
    }

    /**
     * A trainer on all ranks.
     *
     * @param trainer set up in the same way on all ranks
     * @param communicator connects them; it is not closed
     * @param options the same on all ranks
     * @return the trainer of all
     */
    public static DataParallel wrap(Trainer trainer, Communicator communicator, Options options) {
        Objects.requireNonNull(trainer, "trainer");
        Objects.requireNonNull(communicator, "communicator");
        Objects.requireNonNull(options, "options");
        return new DataParallel(trainer, communicator, options);
    }

    /**
     * Trains like {@link Trainer#fit}.
     *
     * @param data all of the data, the same on all ranks; a batch is that of all ranks together
     * @param epochs the total number of epochs, including those before a resume
     * @return the figures of all epochs, the same on all ranks but for times
     * @throws CommunicationException if a rank is lost; the message names it
     */
    public TrainingResult fit(DataLoader data, int epochs) {
        return together(() -> trainer.fit(data, epochs));
    }

    /**
     * Evaluates the model as {@link Trainer#evaluate} does; each rank takes a part of the batches.
     *
     * @param data the samples, the same on all ranks
     * @return the measurements, the same on all ranks
     * @throws CommunicationException if a rank is lost; the message names it
     */
    public Evaluation evaluate(DataLoader data) {
        return together(() -> trainer.evaluate(data));
    }

    /** {@return the seconds spent on communication so far} */
    public double communicationSeconds() {
        Courier running = current;
        return running == null ? seconds : seconds + running.seconds();
    }

    /** {@return the part of those seconds in which training waited, with nothing else to do} */
    public double waitedSeconds() {
        Courier running = current;
        return running == null ? waitedSeconds : waitedSeconds + running.waitedSeconds();
    }

    /** What is done together. */
    private interface Work<T> {
        T run();
    }

    private <T> T together(Work<T> work) {
        if (communicator.size() == 1) {
            return work.run();
        }
        Path folder = temporary();
        try (Courier courier = new Courier(communicator)) {
            current = courier;
            trainer.replicas(new Group(courier, options, folder));
            try {
                return work.run();
            } catch (CommunicationException e) {
                throw e;
            } catch (RuntimeException | Error e) {
                communicator.abort(Objects.requireNonNullElse(e.getMessage(), e.toString()));
                throw e;
            } finally {
                trainer.replicas(Group.ALONE);
                current = null;
                seconds += courier.seconds();
                waitedSeconds += courier.waitedSeconds();
            }
        } finally {
            delete(folder);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("lanewise-rank");
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary folder: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            // in the system's folder for what nobody needs any more
            return;
        }
    }
}
