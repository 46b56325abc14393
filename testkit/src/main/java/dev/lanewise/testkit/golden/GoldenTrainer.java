package dev.lanewise.testkit.golden;

import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Repeats a short training run with the implementation under test. */
@FunctionalInterface
public interface GoldenTrainer {
    /**
     * The outcome of a run.
     *
     * @param losses the loss before each step
     * @param state parameters and buffers after the last step, by PyTorch's {@code state_dict} names
     */
    record Outcome(List<Double> losses, Map<String, Tensor> state) {}

    /**
     * Trains one step per batch.
     *
     * @param initial parameters and buffers, by PyTorch's {@code state_dict} names
     * @param x the batches' inputs, stacked along dimension 0
     * @param y the batches' classes {@code [steps, batch]} of type I64
     * @return the results to compare with PyTorch's
     */
    Outcome train(Map<String, Tensor> initial, Tensor x, Tensor y);
}
