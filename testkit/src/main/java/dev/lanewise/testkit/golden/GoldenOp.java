package dev.lanewise.testkit.golden;

import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Computes a case with the implementation under test. */
@FunctionalInterface
public interface GoldenOp {
    /**
     * {@return the outputs in the case's order; {@code run} may return more than the case requires, never fewer}
     *
     * @param inputs the inputs by name, in the case's order; those with a gradient are watched
     * @param attributes the attributes, by PyTorch's names
     */
    List<Tensor> run(Map<String, Tensor> inputs, Attributes attributes);
}
