package dev.lanewise.nn.train;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.optim.Optimizer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A training that is going on, as its callbacks see it. */
public interface Training {
    /** {@return the model} */
    Layer model();

    /** {@return what changes its weights} */
    Optimizer optimizer();

    /** {@return the average of its weights, or null if none is kept} */
    @Nullable
    WeightAverage average();

    /** {@return how many epochs there are to be, those before a resume included} */
    int epochs();

    /** {@return how many samples an epoch has} */
    long samples();

    /** {@return the figures of the epochs that are finished, those before a resume included} */
    List<EpochFigures> history();

    /**
     * Adds a figure to the {@linkplain StepFigures#more step} that is going on.
     *
     * @param name the name of the figure
     * @param value its value
     */
    void measured(String name, double value);

    /**
     * Ends the training before its next step.
     *
     * @param reason for {@link TrainingResult#reason}
     */
    void stop(String reason);

    /**
     * Saves weights and all that a resume needs, as they are when all callbacks of the present moment have been called.
     *
     * @param file of the weights; see {@link dev.lanewise.nn.Checkpoint} for what lies beside it
     */
    void save(Path file);

    /**
     * Computes the step that is going on again, from the same random numbers, and finds the first operation that made a
     * NaN (or, if there is no NaN, an infinity).
     *
     * @param what is not finite, such as "the loss became NaN"
     * @return an exception to throw
     */
    NonFiniteException diagnose(String what);
}
