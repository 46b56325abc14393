package dev.lanewise.lm.weights;

import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tensors by the names that they have in a file or a folder of files. */
public interface WeightSource extends AutoCloseable {
    /** The names. */
    Set<String> names();

    /** The shape of one of them. */
    Shape shape(String name);

    /** One of them as a new tensor of the type that the model computes in; it belongs to no scope. */
    Tensor read(String name);

    /** One of them as a weight of few bits that stays where it is, or null if it is to be read. */
    default @Nullable QuantizedWeight packed(String name) {
        return null;
    }

    /** What messages name. */
    Object file();

    @Override
    void close();
}
