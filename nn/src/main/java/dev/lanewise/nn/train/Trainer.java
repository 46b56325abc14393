package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.metrics.Metric;
import dev.lanewise.nn.optim.CapturedStep;
import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Replicas.Measured;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model.
 *
 * <pre>{@code
 * var trainer = new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 1e-3))
 *         .schedule(Schedule.oneCycle(1e-3, 10 * train.batches()))
 *         .validation(test, Accuracy::new)
 *         .callbacks(
 *                 new ProgressLog(System.out::println),
 *                 EarlyStopping.onSmallest("validation_loss", 3),
 *                 Checkpoints.last(Path.of("model.safetensors")));
 * TrainingResult result = trainer.fit(train, 10);
 * }</pre>
 *
 * <p>The model computes where its parameters are; batches are moved there. Layers whose parameters are all frozen stay
 * in evaluation mode, so that their statistics do not change either. Training that is {@linkplain #resume resumed} from
 * a file of {@link Checkpoints} continues bit for bit as if it had not been interrupted, from between any two steps, as
 * long as data, loss and callbacks draw random numbers only from the global stream or by seed and epoch.
 *
 * <p>Set up a trainer before {@link #fit}; it belongs to one thread.
 */
public final class Trainer {
    final Layer model;
    final Task task;
    final Optimizer optimizer;
    final List<Callback> callbacks = new ArrayList<>();
    final Updates updates = new Updates();

    @Nullable
    Schedule schedule;

    boolean everyEpoch;
    Precision precision = Precision.WHOLE;

    @Nullable
    Otherwise capture;

    @Nullable
    WeightAverage average;

    @Nullable
    DataLoader validation;

    @Nullable
    Path resume;

    BooleanSupplier stop = () -> false;
    Replicas replicas = new Replicas() {};
    private List<Supplier<? extends Metric>> metrics = List.of();

    /**
     * A trainer without validation, schedule and callbacks.
     *
     * @param model the model
     * @param loss a loss that gives a scalar; if it is not the mean over a batch's samples, it says so by
     *     {@link Loss#averagedOver}
     * @param optimizer an optimizer over the model's parameters, made after the model was moved to its device
     */
    public Trainer(Layer model, Loss loss, Optimizer optimizer) {
        this(model, Task.of(model, loss), optimizer);
    }

    /**
     * A trainer of a model that takes a batch in a way of its own: of several inputs, results or targets.
     *
     * @param model the model, or one that holds all models that the task calls
     * @param task how a batch is taken and what the results cost
     * @param optimizer over the model's parameters, made when the model was on its device
     */
    public Trainer(Layer model, Task task, Optimizer optimizer) {
        this.model = Objects.requireNonNull(model, "trainer: the model is null; give one");
        this.task = Objects.requireNonNull(task, "trainer: the task is null; give one");
        this.optimizer = Objects.requireNonNull(optimizer, "trainer: the optimizer is null; give one");
    }

    /**
     * Measures loss and metrics on other data after every epoch.
     *
     * @param data the samples to measure on
     * @param newMetrics called anew for every measurement
     * @return this trainer
     */
    @SafeVarargs
    public final Trainer validation(DataLoader data, Supplier<? extends Metric>... newMetrics) {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(newMetrics, "newMetrics");
        validation = data;
        metrics = new ArrayList<>();
        for (Supplier<? extends Metric> metric : newMetrics) {
            metrics.add(metric);
        }
        return this;
    }

    /**
     * The learning rate of every step, counted from 0 over all epochs.
     *
     * @param everyStep the rate of each step
     * @return this trainer
     */
    public Trainer schedule(Schedule everyStep) {
        Objects.requireNonNull(everyStep, "everyStep");
        schedule = everyStep;
        everyEpoch = false;
        return this;
    }

    /**
     * The learning rate of every epoch, counted from 0.
     *
     * @param ofEpochs the rate of each epoch
     * @return this trainer
     */
    public Trainer scheduleByEpoch(Schedule ofEpochs) {
        Objects.requireNonNull(ofEpochs, "ofEpochs");
        schedule = ofEpochs;
        everyEpoch = true;
        return this;
    }

    /**
     * Scales the gradients of a step so that the Euclidean norm of all together is at most {@code most}; the norm
     * before clipping is the step's figure {@value GradientNorm#NAME}.
     *
     * @param most the greatest norm, above 0
     * @return this trainer
     */
    public Trainer clipByNorm(double most) {
        updates.mostNorm = above0("norm", most);
        return this;
    }

    /**
     * Clips every element of the gradients to between {@code -most} and {@code most}, before any clipping by norm.
     *
     * @param most the greatest magnitude, above 0
     * @return this trainer
     */
    public Trainer clipByValue(double most) {
        updates.mostValue = above0("value", most);
        return this;
    }

    private static double above0(String what, double most) {
        if (!(most > 0)) {
            throw new TensorException("trainer: clip by " + what + " " + most + " (expected above 0); check the bound");
        }
        return most;
    }

    /**
     * Accumulates gradients: makes one update per several batches, with the same gradients as one batch of all their
     * samples but the memory of one part, except for layers that look at the whole batch, such as batch normalization.
     * Batches count by what their loss {@linkplain Loss#averagedOver is a mean over}: fewer samples, ignored classes
     * and class weights give the same result as in one batch. If an epoch's batches don't divide evenly, its last
     * update uses fewer.
     *
     * @param batches how many, 1 or more
     * @return this trainer
     * @throws TensorException if {@code batches} is less than 1
     */
    public Trainer accumulate(int batches) {
        if (batches < 1) {
            throw new TensorException("trainer: accumulate " + batches + " batches (expected 1 or more); check it");
        }
        updates.batches = batches;
        return this;
    }

    /**
     * Keeps an exponential moving average of the weights, which validation then uses, and which the weights file of a
     * checkpoint then holds.
     *
     * @param decay see {@link WeightAverage}
     * @return this trainer
     */
    public Trainer average(double decay) {
        average = new WeightAverage(model, decay);
        return this;
    }

    /**
     * Lets the model compute in 16 bits where suitable ({@link dev.lanewise.tensor.Autocast}), in training and
     * measurements; weights, loss and optimizer stay in F32. With F16 the loss is scaled
     * ({@link dev.lanewise.nn.optim.GradScaler}), and a step whose gradients overflow makes no update.
     *
     * @param narrow BF16 or F16
     * @return this trainer
     */
    public Trainer autocast(DType narrow) {
        precision = Precision.mixed(narrow);
        return this;
    }

    /**
     * Captures a training step and replays it ({@link CapturedStep}), on a GPU: {@link Callback#onOutput} is then
     * called after the update, and a loss that is not finite is found after it. An epoch's last, smaller batch runs
     * normally.
     *
     * @param otherwise what happens if steps can't be captured: with accumulation, in F16, with callbacks that look at
     *     the gradients, with fewer samples than a batch, or with an optimizer or device that does not support replay;
     *     with {@link Otherwise#ERROR} {@link #fit} throws
     * @return this trainer
     */
    public Trainer capture(Otherwise otherwise) {
        Objects.requireNonNull(otherwise, "otherwise");
        capture = otherwise;
        return this;
    }

    /**
     * Adds callbacks, to be called after those added before.
     *
     * @param more the callbacks, called in this order
     * @return this trainer
     */
    public Trainer callbacks(Callback... more) {
        Objects.requireNonNull(more, "more");
        callbacks.addAll(Arrays.asList(more));
        return this;
    }

    /**
     * Ends training between two steps, or between two batches of the validation, when a condition holds, for example
     * that the program is asked to end; {@link Checkpoints#last} then saves. A validation that was cut short is
     * repeated when training is resumed.
     *
     * @param condition evaluated between steps, on the thread that trains
     * @return this trainer
     */
    public Trainer stopWhen(BooleanSupplier condition) {
        Objects.requireNonNull(condition, "condition");
        stop = condition;
        return this;
    }

    /**
     * Continues, in the next {@link #fit}, from the point at which this file was saved.
     *
     * @param file what {@link Checkpoints} saved
     * @return this trainer
     */
    public Trainer resume(Path file) {
        Objects.requireNonNull(file, "file");
        resume = file;
        return this;
    }

    /**
     * Trains together with other processes, each of which has the same data, model, optimizer, callbacks and settings. Figures are
     * those of all processes together; {@link Callback#onOutput} sees the batches of its own process. Steps can't be
     * {@linkplain #capture captured}.
     *
     * @param others the other processes
     * @return this trainer
     */
    public Trainer replicas(Replicas others) {
        Objects.requireNonNull(others, "others");
        replicas = others;
        return this;
    }

    /**
     * Trains the model on all batches of the data for a number of epochs.
     *
     * @param data the batches of every epoch
     * @param epochs the total number of epochs, including those before a resume
     * @return the figures of all epochs
     * @throws NonFiniteException if the loss becomes NaN or infinite
     * @throws TensorException if training or validation data have no batches, or steps that should be
     *     {@linkplain #capture captured} can't be
     * @throws dev.lanewise.nn.io.BadFileException if a checkpoint can't be read or written
     */
    public TrainingResult fit(DataLoader data, int epochs) {
        checkNotEmpty("the training data", data);
        if (validation != null) {
            checkNotEmpty("the validation data", validation);
        }
        return new Loop(this, data, epochs).run();
    }

    /**
     * Measures loss and the metrics given with {@link #validation} on other data, with the averaged weights if an
     * average is kept. The loss is that of one batch of all samples: batches count by what their loss
     * {@linkplain Loss#averagedOver is a mean over}, and a loss that is a sum is summed.
     *
     * @param data the samples
     * @return the measurements
     * @throws TensorException if the data has no batches
     */
    public Evaluation evaluate(DataLoader data) {
        return evaluate(data, () -> false).orElseThrow();
    }

    /** Like {@link #evaluate(DataLoader)}; empty if the condition held before the end. */
    Optional<Evaluation> evaluate(DataLoader data, BooleanSupplier condition) {
        model.eval();
        WeightAverage weights = average;
        return Autograd.noGrad(
                () -> weights == null ? measure(data, condition) : weights.within(() -> measure(data, condition)));
    }

    /** Data without batches would train or measure nothing, and give figures of NaN. */
    static void checkNotEmpty(String what, DataLoader data) {
        if (data.batches() == 0) {
            throw new TensorException("trainer: " + what
                    + " has no batches (expected one or more); check the data set and" + " its sampler");
        }
    }

    private Optional<Evaluation> measure(DataLoader data, BooleanSupplier condition) {
        checkNotEmpty("the data to evaluate", data);
        List<Metric> measured = new ArrayList<>();
        metrics.forEach(metric -> measured.add(metric.get()));
        double losses = 0;
        Parts parts = new Parts();
        replicas.beginEvaluation();
        Iterator<Batch> batches = replicas.evaluation(data).epoch(0).iterator();
        for (long done = 0; done < data.batches(); done += replicas.size()) {
            if (replicas.sums(condition.getAsBoolean() ? 1 : 0).get()[0] > 0) {
                return Optional.empty();
            }
            try (var ignored = Scope.open("evaluation")) {
                for (Measured one : replicas.gathered(batches.hasNext() ? measure(batches.next()) : null)) {
                    losses += one.loss();
                    parts.add(one.averagedOver());
                    measured.forEach(metric -> metric.add(one.output(), one.target()));
                }
            }
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("loss", losses / parts.divisor());
        measured.forEach(metric -> figures.putAll(metric.figures()));
        return Optional.of(new Evaluation(figures, measured));
    }

    private Measured measure(Batch taken) {
        Batch batch = moved(taken);
        List<Tensor> results = precision.results(task, batch);
        return new Measured(
                results.getFirst(), batch.y(), task.sum(results, batch).item(), task.averagedOver(batch));
    }

    /** The batch, on the model's device. */
    Batch moved(Batch batch) {
        Device device = optimizer.parameters().getFirst().leaf().device();
        return batch.map(tensor -> tensor.to(device));
    }
}
