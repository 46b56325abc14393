package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.Tensor;
import java.util.Map;

/**
 * Is told about a training and may step in through {@link Training}. Callbacks are called in the order they were given to
 * the trainer, on its thread. Tensors that a method gets are released after the step.
 */
public interface Callback {
    /**
     * Before the first step; on a resumed training after everything was restored.
     *
     * @param training the training as it is now
     */
    default void onStart(Training training) {}

    /**
     * Before an epoch, or what is left of it after a resume.
     *
     * @param training the training as it is now
     * @param epoch its number, from 0
     */
    default void onEpochStart(Training training, int epoch) {}

    /**
     * After a batch went forward; with gradient accumulation several times per step, in a captured step after its update.
     *
     * @param training the training as it is now
     * @param batch the batch
     * @param output what the model gave for it
     */
    default void onOutput(Training training, Batch batch, Tensor output) {}

    /**
     * Before an update, with the gradients as they are before clipping. Steps of a trainer with a callback that has this
     * method are not {@linkplain Trainer#capture captured}.
     *
     * @param training the training as it is now
     * @param gradients the gradients of the step
     */
    default void onGradients(Training training, Gradients gradients) {}

    /**
     * After an update.
     *
     * @param training the training as it is now
     * @param figures what was measured
     */
    default void onStep(Training training, StepFigures figures) {}

    /**
     * After an epoch and its validation.
     *
     * @param training the training as it is now
     * @param figures what was measured
     */
    default void onEpochEnd(Training training, EpochFigures figures) {}

    /**
     * After the last epoch, or where the training was stopped; not called when an exception ends it.
     *
     * @param training the training as it is now
     * @param result what the training gave
     */
    default void onEnd(Training training, TrainingResult result) {}

    /**
     * Under this name {@link #state} is saved; callbacks of one training with a state need different ones.
     *
     * @return the name of the class, unless overridden
     */
    default String name() {
        return getClass().getSimpleName();
    }

    /** {@return what a resumed training must know of this callback, by name} */
    default Map<String, Double> state() {
        return Map.of();
    }

    /**
     * Takes over what {@link #state} gave; not called if there was nothing.
     *
     * @param state numbers by name
     */
    default void restore(Map<String, Double> state) {}
}
