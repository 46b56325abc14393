package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.Tensor;
import java.util.Map;

/** A measurement of a model's outputs over a data set, batch by batch. */
public interface Metric {
    /**
     * Takes a batch into account.
     *
     * @param output the model's result
     * @param target the expected result
     */
    void add(Tensor output, Tensor target);

    /** {@return what was measured, by name} */
    Map<String, Double> figures();

    /** {@return the measurements as text for display; empty if the figures say it all} */
    default String report() {
        return "";
    }
}
