package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.Tensor;
import java.util.Map;

/**
 * Is notified of the progress of training and may intervene through {@link Training}. Callbacks are called in the order
 * in which they were given to the trainer, on its thread. Tensors that a method receives are released after the step.
 */
public interface Callback {
    /**
     * Called before the first step; when training is resumed, after everything has been restored.
     *
     * @param training the current state of the training
     */
    default void onStart(Training training) {}

    /**
     * Called before an epoch, or what is left of it when training is resumed.
     *
     * @param training the current state of the training
     * @param epoch its number, from 0
     */
    default void onEpochStart(Training training, int epoch) {}

    /**
     * Called after the forward pass of a batch; with gradient accumulation several times per step, with captured steps
     * after the update.
     *
     * @param training the current state of the training
     * @param batch the batch
     * @param output the model's result for it
     */
    default void onOutput(Training training, Batch batch, Tensor output) {}

    /**
     * Called before an update, with the gradients before clipping. Steps of a trainer with a callback that overrides
     * this method are not {@linkplain Trainer#capture captured}.
     *
     * @param training the current state of the training
     * @param gradients the gradients of the step
     */
    default void onGradients(Training training, Gradients gradients) {}

    /**
     * Called after every update of the parameters.
     *
     * @param training the current state of the training
     * @param figures what was measured
     */
    default void onStep(Training training, StepFigures figures) {}

    /**
     * Called after an epoch and its validation.
     *
     * @param training the current state of the training
     * @param figures what was measured
     */
    default void onEpochEnd(Training training, EpochFigures figures) {}

    /**
     * Called after the last epoch, or when training was stopped; not called when an exception ends it.
     *
     * @param training the current state of the training
     * @param result the result of the training
     */
    default void onEnd(Training training, TrainingResult result) {}

    /**
     * The name that {@link #state} is saved under; callbacks with a state need different names.
     *
     * @return the name of the class, unless overridden
     */
    default String name() {
        return getClass().getSimpleName();
    }

    /** {@return what resumed training needs to know about this callback, by name} */
    default Map<String, Double> state() {
        return Map.of();
    }

    /**
     * Restores what {@link #state} returned; not called if there was nothing.
     *
     * @param state numbers by name
     */
    default void restore(Map<String, Double> state) {}
}
