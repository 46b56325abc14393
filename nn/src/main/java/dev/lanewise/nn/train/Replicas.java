package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a trainer asks of other processes that train copies of its model, each on a part of every batch. All methods but
 * {@link #size} and {@link #writes} are calls that all processes make, in the same order. Unless overridden, a method does what
 * is right for a single process. Module {@code distributed} implements the interface.
 */
public interface Replicas {
    /** {@return how many processes train} */
    default int size() {
        return 1;
    }

    /** {@return whether this process writes files} */
    default boolean writes() {
        return true;
    }

    /**
     * Distributes a checkpoint to be resumed from.
     *
     * @param file the file of this process; that of the first process counts
     * @return the file that this process restores, or null if training starts anew
     */
    default @Nullable Path resume(@Nullable Path file) {
        return file;
    }

    /**
     * Called before the first step, after a checkpoint was restored: gives all processes the same weights.
     *
     * @param state the state of the training
     */
    default void begin(TrainingState state) {}

    /**
     * {@return the part of the training data that this process takes}
     *
     * @param data all of it
     */
    default DataLoader training(DataLoader data) {
        return data;
    }

    /**
     * {@return the batches of other data that this process measures}
     *
     * @param data all of it
     */
    default DataLoader evaluation(DataLoader data) {
        return data;
    }

    /**
     * Called before each step: moves random streams to where no other process draws.
     *
     * @param streams those that the model draws from
     * @param step how many steps have been made
     */
    default void beginStep(List<Rng> streams, long step) {}

    /**
     * {@return the sums of numbers over all processes, of which the computation need not be done yet}
     *
     * @param mine this process's numbers
     */
    default Supplier<double[]> sums(double... mine) {
        return () -> mine;
    }

    /**
     * {@return the gradients of the sum of all processes' losses}
     *
     * @param loss this process's part of the loss
     */
    default Gradients gradients(Tensor loss) {
        return Autograd.gradients(loss);
    }

    /**
     * {@return the sums of gradients over all processes}
     *
     * @param mine this process's gradients
     */
    default Gradients sum(Gradients mine) {
        return mine;
    }

    /**
     * Makes the optimizer's step.
     *
     * @param optimizer the optimizer
     * @param gradients the same in all processes
     */
    default void step(Optimizer optimizer, Gradients gradients) {
        optimizer.step(gradients);
    }

    /** Called before weights are measured: gives all processes the same buffers. */
    default void beginEvaluation() {}

    /**
     * What a batch of other data gave.
     *
     * @param output the model's first result
     * @param target the batch's target
     * @param loss the sum of its losses
     * @param averagedOver what the loss is a mean over; empty for a loss that is a sum
     */
    record Measured(Tensor output, Tensor target, double loss, OptionalDouble averagedOver) {
        /** Holds the given values, none of which may be null. */
        public Measured {
            Objects.requireNonNull(output, "output");
            Objects.requireNonNull(target, "target");
            Objects.requireNonNull(averagedOver, "averagedOver");
        }
    }

    /**
     * {@return what all processes measured, in the order of the batches}
     *
     * @param mine what this process measured, or null if no batch was left for it
     */
    default List<Measured> gathered(@Nullable Measured mine) {
        return mine == null ? List.of() : List.of(mine);
    }

    /**
     * Saves the state of training in the process that writes.
     *
     * @param state the state
     * @param file see {@link TrainingState#save}
     * @param notes see {@link TrainingState#save}
     */
    default void save(TrainingState state, Path file, Map<String, Map<String, Double>> notes) {
        state.save(file, notes);
    }
}
