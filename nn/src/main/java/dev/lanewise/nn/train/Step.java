package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradientSum;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;

/**
 * The forward and backward pass of one step, which can be repeated with the same random numbers.
 *
 * @param task how the model takes a batch
 * @param precision what the model computes in
 * @param batches those of the step
 * @param streams the random streams that the model draws from
 * @param positions their positions before the step, seed and counter of each
 * @param replicas the processes that take the other parts of the batches
 */
record Step(
        Layer model,
        Task task,
        Precision precision,
        List<Batch> batches,
        List<Rng> streams,
        long[] positions,
        Replicas replicas) {
    /** Follows the way. */
    interface Listener {
        /** Called before the forward pass of a batch. */
        default void onForward() {}

        /** Called after the forward pass of a batch and before its gradients are computed. */
        void onOutput(Batch batch, Tensor output);
    }

    /**
     * The result of a step: the loss of all its samples and the gradients of the {@linkplain Precision#scaled scaled}
     * loss, which belong to the current scope.
     *
     * @param samples how many samples all processes took
     */
    record Result(double loss, long samples, Gradients gradients) {}

    /** A step from the current positions of the random streams. */
    static Step of(Trainer trainer, List<Batch> batches, List<Rng> streams) {
        long[] positions = new long[2 * streams.size()];
        for (int i = 0; i < streams.size(); i++) {
            positions[2 * i] = streams.get(i).seed();
            positions[2 * i + 1] = streams.get(i).counter();
        }
        return new Step(trainer.model, trainer.task, trainer.precision, batches, streams, positions, trainer.replicas);
    }

    /** Computes loss and gradients. */
    Result compute(Listener listener) {
        long samples = batches.stream().mapToLong(Batch::size).sum();
        if (replicas.size() > 1) {
            return together(samples, listener);
        }
        if (batches.size() == 1) {
            Tensor value = forward(batches.getFirst(), task::loss, listener);
            Gradients gradients = Autograd.gradients(precision.scaled(value));
            return new Result(value.item(), samples, gradients);
        }
        GradientSum sum = new GradientSum();
        double loss = accumulate(sum, parts()::divisor, listener);
        return new Result(loss, samples, sum.gradients());
    }

    private Parts parts() {
        Parts parts = new Parts();
        batches.forEach(batch -> parts.add(task, batch));
        return parts;
    }

    private double accumulate(GradientSum sum, DoubleSupplier divisor, Listener listener) {
        double losses = 0;
        for (Batch batch : batches) {
            try (Scope scope = Scope.open("part of a step")) {
                Tensor value = forward(batch, task::sum, listener).div(divisor.getAsDouble());
                sum.add(Autograd.gradients(precision.scaled(value)));
                scope.keepAll(sum.gradients().values());
                losses += value.item();
            }
        }
        return losses;
    }

    /** The same with the parts that other processes take: gradients are on their way while others are computed. */
    private Result together(long samples, Listener listener) {
        // asked for before the forward pass, needed after it
        DoubleSupplier divisor = parts().divisor(replicas);
        double loss;
        Gradients gradients;
        if (batches.size() == 1) {
            Tensor sum = forward(batches.getFirst(), task::sum, listener);
            Tensor value = sum.div(divisor.getAsDouble());
            gradients = replicas.gradients(precision.scaled(value));
            loss = value.item();
        } else {
            GradientSum sum = new GradientSum();
            loss = accumulate(sum, divisor, listener);
            gradients = replicas.sum(sum.gradients());
        }
        double[] all = replicas.sums(loss, samples).get();
        return new Result(all[0], (long) all[1], gradients);
    }

    private Tensor forward(Batch batch, BiFunction<List<Tensor>, Batch, Tensor> loss, Listener listener) {
        listener.onForward();
        List<Tensor> results = precision.results(task, batch);
        Tensor value = loss.apply(results, batch);
        listener.onOutput(batch, results.getFirst());
        return value;
    }

    /** Repeats the same passes. */
    void again(Listener listener) {
        for (int i = 0; i < streams.size(); i++) {
            streams.get(i).seek(positions[2 * i], positions[2 * i + 1]);
        }
        try (var ignored = Scope.open("step again")) {
            new Step(model, task, precision, batches, streams, positions, new Replicas() {}).compute(listener);
        }
    }
}
