package dev.lanewise.nn.train;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.optim.Optimizer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Training in progress, as its callbacks see it. */
public interface Training {
    /** {@return the model that is trained} */
    Layer model();

    /** {@return the optimizer that changes its weights} */
    Optimizer optimizer();

    /** {@return the average of its weights, or null if none is kept} */
    @Nullable
    WeightAverage average();

    /** {@return the total number of epochs, including those before a resume} */
    int epochs();

    /** {@return how many samples an epoch has} */
    long samples();

    /** {@return the figures of the finished epochs, including those before a resume} */
    List<EpochFigures> history();

    /**
     * Adds a figure to the current {@linkplain StepFigures#more step}.
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

    /** {@return whether this process writes files: of several that train together, only the first does} */
    boolean writes();

    /**
     * Saves the weights and everything that is needed to resume, as they are when all callbacks for the current event
     * have been called.
     *
     * @param file the file of the weights, which only the process that {@linkplain #writes writes} makes; see {@link TrainingState#save} for the other file
     */
    void save(Path file);

    /**
     * Computes the current step again, from the same random numbers, and finds the first operation that made a
     * NaN (or, if there is no NaN, an infinity).
     *
     * @param what what is not finite, such as "the loss became NaN"
     * @return an exception to throw
     */
    NonFiniteException diagnose(String what);
}
