package dev.lanewise.nn.train;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * How a model takes a batch and what its results cost, where that is more than {@code loss.of(model.forward(x), y)}: two towers,
 * sequences with masks, several heads.
 *
 * <pre>{@code
 * Task ranking = new Task() {
 *     public List<Tensor> forward(Batch batch) {
 *         return List.of(towers.score(batch.x(), batch.get("liked")), towers.score(batch.x(), batch.get("other")));
 *     }
 *
 *     public Tensor loss(List<Tensor> scores, Batch batch) {
 *         return Losses.bayesianPersonalizedRanking(Reduction.MEAN).of(scores.get(0), scores.get(1));
 *     }
 * };
 * new Trainer(towers, ranking, optimizer).fit(data, 10);
 * }</pre>
 */
public interface Task {
    /**
     * Calls the model on a batch's inputs.
     *
     * @param batch on the model's device
     * @return the model's results, one or more; metrics and callbacks see the first
     */
    List<Tensor> forward(Batch batch);

    /**
     * Computes the loss of the model's results and a batch's targets.
     *
     * @param results what {@link #forward} gave
     * @param batch the batch
     * @return a scalar
     */
    Tensor loss(List<Tensor> results, Batch batch);

    /**
     * What the loss of a batch is a mean over, as {@link Loss#averagedOver}: unless a task says otherwise, its samples.
     *
     * @param batch the batch
     * @return 0 or more; empty for a loss that is a sum
     */
    default OptionalDouble averagedOver(Batch batch) {
        return OptionalDouble.of(batch.size());
    }

    /**
     * The sum that {@link #loss} divides by {@link #averagedOver}: the loss itself if that is empty.
     *
     * @param results what {@link #forward} gave
     * @param batch the batch
     * @return a scalar
     */
    default Tensor sum(List<Tensor> results, Batch batch) {
        OptionalDouble over = averagedOver(batch);
        if (over.isPresent() && over.getAsDouble() == 0) {
            return results.getFirst().sum().mul(0);
        }
        Tensor loss = loss(results, batch);
        return over.isPresent() ? loss.mul(over.getAsDouble()) : loss;
    }

    /**
     * The usual task: one input, one result, one target.
     *
     * @param model the model
     * @param loss compares its result with the target
     * @return the task
     */
    static Task of(Layer model, Loss loss) {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(loss, "loss");
        return new Task() {
            @Override
            public List<Tensor> forward(Batch batch) {
                return List.of(model.forward(batch.x()));
            }

            @Override
            public Tensor loss(List<Tensor> results, Batch batch) {
                return loss.of(results.getFirst(), batch.y());
            }

            @Override
            public OptionalDouble averagedOver(Batch batch) {
                return loss.averagedOver(batch.y());
            }

            @Override
            public Tensor sum(List<Tensor> results, Batch batch) {
                return loss.sum(results.getFirst(), batch.y());
            }
        };
    }
}
