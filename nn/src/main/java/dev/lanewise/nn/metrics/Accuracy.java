package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Map;

/**
 * The fraction of correct predictions, as the figure {@code accuracy}, for outputs {@code [..., classes]}, whose
 * largest element along the last dimension is the prediction, and class numbers {@code [...]}.
 */
public final class Accuracy implements Metric {
    private long right;
    private long all;

    /** An accuracy that has seen no samples yet. */
    public Accuracy() {}

    /**
     * Counts a batch.
     *
     * @throws TensorException if there is not one class number for each row of the output
     */
    @Override
    public void add(Tensor output, Tensor target) {
        if (output.shape().rank() == 0 || !target.shape().equals(output.shape().without(-1))) {
            throw new TensorException("accuracy: output " + output.spec() + ", target " + target.spec()
                    + " (expected [..., classes] and [...]); give one class number for each row");
        }
        right += output.argmax(-1).eq(target.to(DType.I64)).sum().itemLong();
        all += target.shape().elements();
    }

    /**
     * From 0 to 1; NaN if there were no samples.
     *
     * @return the fraction of samples whose class was predicted
     */
    public double value() {
        return (double) right / all;
    }

    @Override
    public Map<String, Double> figures() {
        return Map.of("accuracy", value());
    }
}
