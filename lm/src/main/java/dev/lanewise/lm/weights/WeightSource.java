package dev.lanewise.lm.weights;

import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tensors by their names in a file or a folder of files. */
public interface WeightSource extends AutoCloseable {
    /** The names. */
    Set<String> names();

    /** The shape of one of them. */
    Shape shape(String name);

    /** One of them as a new tensor of the type that the model computes in; it belongs to no scope. */
    Tensor read(String name);

    /** One of them as a weight of few bits that stays in the file, or null if it must be read. */
    default @Nullable QuantizedWeight packed(String name) {
        return null;
    }

    /** The file that messages name. */
    Object file();

    @Override
    void close();
}
