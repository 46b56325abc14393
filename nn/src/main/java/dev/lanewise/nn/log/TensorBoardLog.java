package dev.lanewise.nn.log;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.graph.ModelGraph;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes event files that TensorBoard reads: {@code tensorboard --logdir FOLDER}. As a callback it writes
 * {@code epoch/...} for the figures of every epoch, {@code step/loss}, {@code step/learning_rate} and whatever else was
 * measured for every n-th step, and, if requested, {@code weights/...}: a histogram of every parameter after every
 * epoch. Its methods write more, even without a trainer.
 *
 * <pre>{@code
 * try (TensorBoardLog log = new TensorBoardLog(Path.of("runs/first"))) {
 *     log.scalar("loss", step, loss.item());
 *     log.image("input", step, image);
 * }
 * }</pre>
 *
 * <p>Each run has a folder of its own, and a resumed run writes into the same folder: for repeated steps, TensorBoard
 * shows the later values. Not safe for use by several threads at once.
 */
public final class TensorBoardLog implements Callback, AutoCloseable {
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;
    private static final int IMAGE = 4;
    private static final int HISTOGRAM = 5;

    private final Path folder;
    private final int everySteps;
    private final boolean weights;
    private @Nullable EventFile events;

    /**
     * Figures of epochs and of every tenth step.
     *
     * @param folder where the event file is made
     * @throws TensorException if {@code everySteps} is negative
     */
    public TensorBoardLog(Path folder) {
        this(folder, 10, false);
    }

    /**
     * A log that writes event files into a folder, which is made if it doesn't exist.
     *
     * @param folder the folder for the event file, created if it does not exist
     * @param everySteps 1 for figures of every step, 100 for every hundredth, 0 for none
     * @param weights whether there are histograms of parameters
     * @throws TensorException if {@code everySteps} is negative
     */
    public TensorBoardLog(Path folder, int everySteps, boolean weights) {
        Objects.requireNonNull(folder, "folder");
        if (everySteps < 0) {
            throw new TensorException(
                    "tensorboard: every " + everySteps + " steps (expected 0 or more); check the number");
        }
        this.folder = folder;
        this.everySteps = everySteps;
        this.weights = weights;
    }

    /**
     * Adds one number to the curve of a tag.
     *
     * @param tag the curve's name; those with the same prefix before a slash are shown together
     * @param step its position on the curve
     * @param value the number
     * @throws BadFileException if the file cannot be written
     */
    public void scalar(String tag, long step, double value) {
        events(step).add(step, value(tag).number(SIMPLE_VALUE, (float) value));
    }

    /**
     * Adds the distribution of a tensor's elements; those that are not finite are left out.
     *
     * @param tag the name in TensorBoard
     * @param step the step that it belongs to
     * @param values the elements
     * @throws BadFileException if the file cannot be written
     */
    public void histogram(String tag, long step, Tensor values) {
        float[] elements;
        try (var ignored = Scope.open("histogram")) {
            elements = Autograd.detach(values).to(DType.F32).toFloatArray();
        }
        events(step)
                .add(step, value(tag).message(HISTOGRAM, Buckets.of(elements).message()));
    }

    /**
     * Adds an image of one channel (grey) or three (red, green, blue) with values from 0 to 1.
     *
     * @param tag the name in TensorBoard
     * @param step the step that it belongs to
     * @param image the image
     * @throws BadFileException if the file cannot be written
     */
    public void image(String tag, long step, Image image) {
        ProtoWriter message = new ProtoWriter()
                .integer(1, image.height())
                .integer(2, image.width())
                .integer(3, image.channels())
                .bytes(4, ImageFiles.png(image));
        events(step).add(step, value(tag).message(IMAGE, message));
    }

    /**
     * Adds the graph of a model, which TensorBoard's Graphs tab shows with a box around each layer.
     *
     * @param graph what {@link dev.lanewise.nn.Layer#graph} found
     * @throws BadFileException if the file cannot be written
     */
    public void graph(ModelGraph graph) {
        events(0).addGraph(GraphMessage.of(graph));
    }

    private static ProtoWriter value(String tag) {
        return new ProtoWriter().text(TAG, tag);
    }

    private EventFile events(long step) {
        EventFile current = events;
        if (current == null) {
            current = EventFile.create(folder, step);
            events = current;
        }
        return current;
    }

    @Override
    public void onStart(Training training) {
        close();
    }

    @Override
    public void onStep(Training training, StepFigures figures) {
        // opened even if nothing is written: the previous run's events from this step on must be dropped
        events(figures.step());
        if (everySteps > 0 && figures.step() % everySteps == 0) {
            scalar("step/loss", figures.step(), figures.loss());
            scalar("step/learning_rate", figures.step(), figures.rate());
            figures.more().forEach((name, value) -> scalar("step/" + name, figures.step(), value));
        }
    }

    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        figures.asMap().forEach((name, value) -> scalar("epoch/" + name, figures.step(), value));
        if (weights) {
            training.model()
                    .namedParameters()
                    .forEach((name, parameter) -> histogram("weights/" + name, figures.step(), parameter.leaf()));
        }
    }

    @Override
    public void onEnd(Training training, TrainingResult result) {
        close();
    }

    /** Closes the file; what is logged afterwards is written to another one. */
    @Override
    public void close() {
        if (events != null) {
            events.close();
            events = null;
        }
    }
}
