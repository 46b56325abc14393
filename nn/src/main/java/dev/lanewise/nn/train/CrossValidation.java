package dev.lanewise.nn.train;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * K-fold cross-validation: the samples are divided into k parts of equal size, and k models are trained, each on all parts but
 * one, by which it is measured.
 *
 * <pre>{@code
 * CrossValidation.Result result = CrossValidation.run(data, 5, seed, fold -> {
 *     Layer model = newModel(new Rng(fold.number()));
 *     return new Trainer(model, loss, new Adam(model.parameters(), 1e-3))
 *             .validation(new DataLoader(fold.validation(), 100, false, 0), Accuracy::new)
 *             .fit(new DataLoader(fold.training(), 50, true, 0), 10);
 * });
 * System.out.println(result.mean("validation_accuracy") + " ± " + result.deviation("validation_accuracy"));
 * }</pre>
 */
public final class CrossValidation {
    private CrossValidation() {}

    /**
     * One of the k trainings' data.
     *
     * @param number from 0
     * @param training the samples of all other parts
     * @param validation the samples of this part
     */
    public record Fold(int number, Dataset training, Dataset validation) {
        /** Holds the given values, none of which may be null. */
        public Fold {
            Objects.requireNonNull(training, "training");
            Objects.requireNonNull(validation, "validation");
        }
    }

    /**
     * What the trainings led to.
     *
     * @param folds the result of each, by its number; of fewer folds if the last of them was interrupted
     */
    public record Result(List<TrainingResult> folds) {
        /** Copies the list. */
        public Result {
            Objects.requireNonNull(folds, "folds");
            folds = List.copyOf(folds);
        }

        /** {@return whether no training was interrupted, and so all folds are there} */
        public boolean isComplete() {
            return folds.stream().noneMatch(fold -> fold.end() == TrainingResult.End.INTERRUPTED);
        }

        /**
         * The trainings as if each had ended with its best epoch, for figures of the weights that {@link
         * EarlyStopping#restoringBest} leaves in the models.
         *
         * @param figure the name in {@link EpochFigures#asMap} of what is compared
         * @param goal which values are better
         * @return the results with the epochs up to the best ones
         * @throws TensorException if there is no such figure, or it is not finite in any epoch of a fold
         */
        public Result atBest(String figure, Goal goal) {
            Objects.requireNonNull(figure, "figure");
            Objects.requireNonNull(goal, "goal");
            return new Result(
                    folds.stream().map(fold -> fold.atBest(figure, goal)).toList());
        }

        /**
         * The mean of a figure of the last epochs.
         *
         * @param figure its name in {@link EpochFigures#asMap}
         * @return the mean over the folds
         * @throws TensorException if the training of a fold was interrupted
         */
        public double mean(String figure) {
            Objects.requireNonNull(figure, "figure");
            return Arrays.stream(values(figure)).average().orElse(Double.NaN);
        }

        /**
         * The standard deviation of a figure of the last epochs, by k - 1.
         *
         * @param figure its name in {@link EpochFigures#asMap}
         * @return the deviation over the folds
         * @throws TensorException if the training of a fold was interrupted
         */
        public double deviation(String figure) {
            Objects.requireNonNull(figure, "figure");
            double mean = mean(figure);
            double squares = Arrays.stream(values(figure))
                    .map(x -> (x - mean) * (x - mean))
                    .sum();
            return Math.sqrt(squares / (folds.size() - 1));
        }

        private double[] values(String figure) {
            if (!isComplete()) {
                throw new TensorException("cross-validation: the training of fold " + (folds.size() - 1)
                        + " was interrupted (expected all to end); run it again, with what was saved");
            }
            return folds.stream()
                    .mapToDouble(fold -> fold.last().figure(figure))
                    .toArray();
        }
    }

    /**
     * Divides samples by chance into parts whose sizes differ by at most one.
     *
     * @param data the samples
     * @param count how many parts, from 2 to the number of samples
     * @param seed decides on the parts: the same seed gives the same ones
     * @return the folds
     * @throws TensorException if there are fewer samples than parts, or fewer than two parts
     */
    public static List<Fold> folds(Dataset data, int count, long seed) {
        int size = Math.toIntExact(data.size());
        if (count < 2 || count > size) {
            throw new TensorException("cross-validation: " + count + " folds of " + size
                    + " samples (expected 2 or more, and at least one sample each); choose another number");
        }
        long[] order;
        try (var ignored = Scope.open("cross-validation")) {
            order = new Rng(seed).randperm(size).toLongArray();
        }
        List<Fold> folds = new ArrayList<>();
        for (int fold = 0; fold < count; fold++) {
            int from = (int) ((long) size * fold / count);
            int to = (int) ((long) size * (fold + 1) / count);
            long[] others = new long[size - (to - from)];
            System.arraycopy(order, 0, others, 0, from);
            System.arraycopy(order, to, others, from, size - to);
            folds.add(new Fold(fold, new Part(data, others), new Part(data, Arrays.copyOfRange(order, from, to))));
        }
        return folds;
    }

    /**
     * Divides samples as given, for example by {@link Folds#stratified} or {@link Folds#grouped}, or as others have divided them.
     *
     * @param data the samples
     * @param foldOf the fold of each sample, from 0; -1 for one that is never used for validation, but to train every model
     *     (scikit-learn's {@code PredefinedSplit})
     * @return the folds
     * @throws TensorException if there is not a number for each sample, one is below -1, there are fewer than two folds, or a
     *     fold below the largest number has no samples
     */
    public static List<Fold> folds(Dataset data, int[] foldOf) {
        if (foldOf.length != data.size()) {
            throw new TensorException("cross-validation: " + foldOf.length + " numbers of folds for " + data.size()
                    + " samples (expected one for each); give them in the samples' order");
        }
        int count = Arrays.stream(foldOf).max().orElse(-1) + 1;
        if (count < 2 || Arrays.stream(foldOf).anyMatch(fold -> fold < -1)) {
            throw new TensorException(
                    "cross-validation: numbers of folds from "
                            + Arrays.stream(foldOf).min().orElse(0) + " to " + (count - 1)
                            + " (expected 0 to at least 1, or -1 for samples that are only trained on); number the folds from 0");
        }
        List<Fold> folds = new ArrayList<>();
        for (int fold = 0; fold < count; fold++) {
            int number = fold;
            long[] inFold = samples(foldOf.length, i -> foldOf[i] == number);
            if (inFold.length == 0) {
                throw new TensorException("cross-validation: fold " + fold + " of " + count
                        + " has no samples (expected at least one each); number the folds without a gap");
            }
            long[] others = samples(foldOf.length, i -> foldOf[i] != number);
            folds.add(new Fold(fold, new Part(data, others), new Part(data, inFold)));
        }
        return folds;
    }

    private static long[] samples(int size, IntPredicate which) {
        return IntStream.range(0, size).filter(which).asLongStream().toArray();
    }

    /**
     * Divides samples that are in the order of time: each model is validated by what comes after all that it was trained on.
     * The last samples make {@code count} parts of {@code size / (count + 1)} each, and a part's model is trained on everything
     * before it (scikit-learn's {@code TimeSeriesSplit}).
     *
     * @param data the samples, the earliest first
     * @param count how many folds, 2 or more
     * @return the folds
     * @throws TensorException if there are not more samples than folds, or fewer than two folds
     */
    public static List<Fold> timeSeries(Dataset data, int count) {
        int size = Math.toIntExact(data.size());
        if (count < 2 || count >= size) {
            throw new TensorException("cross-validation: " + count + " folds in time of " + size
                    + " samples (expected 2 or more, and more samples than folds); choose another number");
        }
        int part = size / (count + 1);
        List<Fold> folds = new ArrayList<>();
        for (int fold = 0; fold < count; fold++) {
            int from = size - (count - fold) * part;
            long[] before = samples(from, i -> true);
            long[] tested = samples(from + part, i -> i >= from);
            folds.add(new Fold(fold, new Part(data, before), new Part(data, tested)));
        }
        return folds;
    }

    /**
     * Trains once for each fold. After a training that is {@linkplain TrainingResult.End#INTERRUPTED interrupted} none is begun.
     * To go on then, let each fold save by {@link Checkpoints#last} to a file of its own, and resume from it where it is there:
     * a fold that had ended gives its figures again.
     *
     * @param data the samples
     * @param count how many folds
     * @param seed decides on the parts
     * @param train makes a model and trains it
     * @return the result of every fold, up to one that was interrupted
     */
    public static Result run(Dataset data, int count, long seed, Function<Fold, TrainingResult> train) {
        return run(folds(data, count, seed), train);
    }

    /**
     * Trains once for each of the given folds, as {@link #run(Dataset, int, long, Function)} does.
     *
     * @param folds the folds, in the order in which they are trained
     * @param train makes a model and trains it
     * @return the result of every fold, up to one that was interrupted
     */
    public static Result run(List<Fold> folds, Function<Fold, TrainingResult> train) {
        Objects.requireNonNull(train, "train");
        List<TrainingResult> results = new ArrayList<>();
        for (Fold fold : folds) {
            TrainingResult result = train.apply(fold);
            results.add(result);
            if (result.end() == TrainingResult.End.INTERRUPTED) {
                break;
            }
        }
        return new Result(results);
    }

    /** Some of the samples of a data set. */
    private static final class Part implements Dataset {
        private final Dataset data;
        private final long[] samples;

        Part(Dataset data, long[] samples) {
            this.data = data;
            this.samples = samples;
        }

        @Override
        public long size() {
            return samples.length;
        }

        @Override
        public Batch batch(long[] indices) {
            return data.batch(
                    Arrays.stream(indices).map(i -> samples[Math.toIntExact(i)]).toArray());
        }

        @Override
        public void epoch(long number) {
            data.epoch(number);
        }

        @Override
        public String describe(long index) {
            return data.describe(samples[Math.toIntExact(index)]);
        }
    }
}
