package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.CapturedStep;
import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.nn.optim.Clipping.Pending;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The updates of training as one captured step. A last, smaller batch is left to the loop. */
final class CapturedUpdates implements AutoCloseable {
    private final Trainer trainer;
    private final long batchSize;
    private final CapturedStep step;

    /** Names the tensors of the step. */
    private @Nullable Batch like;

    /** What an update gave: tensors and numbers as after a step that ran operation by operation. */
    record Result(Tensor output, double loss, OptionalDouble norm) {}

    private CapturedUpdates(Trainer trainer, DataLoader data, Otherwise otherwise) {
        this.trainer = trainer;
        batchSize = data.batchSize();
        step = new CapturedStep(trainer.optimizer, this::update, otherwise);
    }

    /**
     * The captured updates of a trainer; empty if its steps run normally.
     *
     * @throws TensorException with {@link Otherwise#ERROR} if they can't be captured
     */
    static Optional<CapturedUpdates> of(Trainer trainer, DataLoader data) {
        Otherwise otherwise = trainer.capture;
        if (otherwise == null) {
            return Optional.empty();
        }
        Optional<String> obstacle = obstacle(trainer, data);
        if (obstacle.isEmpty()) {
            CapturedUpdates captured = new CapturedUpdates(trainer, data, otherwise);
            obstacle = captured.step.obstacle();
            if (obstacle.isEmpty()) {
                return Optional.of(captured);
            }
            captured.close();
        }
        if (otherwise == Otherwise.ERROR) {
            throw new TensorException("trainer: steps can't be captured: " + obstacle.get()
                    + "; change that, or let them run normally with Otherwise.EAGER");
        }
        return Optional.empty();
    }

    /** Why steps can't be captured: what the host does between the parts of an update. */
    private static Optional<String> obstacle(Trainer trainer, DataLoader data) {
        if (data.samples() < data.batchSize()) {
            return Optional.of(data.samples() + " samples are no whole batch of " + data.batchSize());
        }
        if (trainer.replicas.size() > 1) {
            return Optional.of("gradients are averaged over " + trainer.replicas.size() + " processes");
        }
        if (trainer.updates.batches > 1) {
            return Optional.of("an update is of " + trainer.updates.batches + " batches");
        }
        if (trainer.precision.scaler() != null) {
            return Optional.of("in F16 the host decides whether an update is made");
        }
        return trainer.callbacks.stream()
                .filter(CapturedUpdates::looksAtGradients)
                .map(callback -> "callback " + callback.name() + " looks at the gradients")
                .findFirst();
    }

    private static boolean looksAtGradients(Callback callback) {
        try {
            return callback.getClass()
                            .getMethod("onGradients", Training.class, Gradients.class)
                            .getDeclaringClass()
                    != Callback.class;
        } catch (NoSuchMethodException e) {
            throw new AssertionError("every callback has the method", e);
        }
    }

    /** Whether the update of these batches can be a captured one. */
    boolean takes(List<Batch> batches) {
        return batches.getFirst().size() == batchSize && step.obstacle().isEmpty();
    }

    Result run(Batch batch) {
        like = batch;
        Tensor[] results = step.run(batch.tensors().toArray(Tensor[]::new));
        OptionalDouble norm = results.length > 2 ? OptionalDouble.of(results[2].item()) : OptionalDouble.empty();
        return new Result(results[1], results[0].item(), norm);
    }

    private Tensor[] update(Tensor[] tensors) {
        Batch batch = Objects.requireNonNull(like).withTensors(List.of(tensors));
        List<Tensor> all = trainer.precision.results(trainer.task, batch);
        Tensor output = all.getFirst();
        Tensor loss = trainer.task.loss(all, batch);
        Pending clipped = trainer.updates.pending(Autograd.gradients(loss));
        trainer.optimizer.step(clipped.gradients());
        List<Tensor> results = new ArrayList<>(List.of(loss, output));
        clipped.norm().ifPresent(results::add);
        return results.toArray(Tensor[]::new);
    }

    @Override
    public void close() {
        step.close();
    }
}
