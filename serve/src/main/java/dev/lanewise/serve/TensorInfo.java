package dev.lanewise.serve;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An input or output of a served model.
 *
 * @param name its name in requests and answers
 * @param dtype the type of its elements
 * @param sizes its dimensions, {@link #OPEN} where any size is accepted; null if even their number is open
 */
public record TensorInfo(String name, DType dtype, @Nullable List<Long> sizes) {
    /** The size of a dimension that differs from request to request. */
    public static final long OPEN = -1;

    /**
     * Checks the sizes.
     *
     * @throws TensorException if a size is less than -1
     */
    public TensorInfo {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(dtype, "dtype");
        if (sizes != null) {
            sizes = List.copyOf(sizes);
            for (long size : sizes) {
                if (size < OPEN) {
                    throw new TensorException("serve: '" + name + "' with sizes " + sizes
                            + " (expected 0 or more, or -1 for an open one); correct them");
                }
            }
        }
    }

    /**
     * An input or output with a given number of dimensions.
     *
     * @param name its name
     * @param dtype the type of its elements
     * @param sizes its dimensions, {@link #OPEN} where any size is accepted
     * @return the description
     * @throws TensorException if a size is less than -1
     */
    public static TensorInfo of(String name, DType dtype, long... sizes) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(sizes, "sizes");
        return new TensorInfo(name, dtype, Arrays.stream(sizes).boxed().toList());
    }

    /** Whether a shape fits. */
    boolean accepts(Shape shape) {
        List<Long> expected = sizes;
        if (expected == null) {
            return true;
        }
        if (expected.size() != shape.rank()) {
            return false;
        }
        for (int dim = 0; dim < shape.rank(); dim++) {
            long size = expected.get(dim);
            if (size != OPEN && size != shape.size(dim)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the first dimension is open, so that rows of several requests may be put together. */
    boolean hasRows() {
        List<Long> known = sizes;
        return known != null && !known.isEmpty() && known.getFirst() == OPEN;
    }

    @Override
    public String toString() {
        List<Long> known = sizes;
        String shape = known == null
                ? "any shape"
                : known.stream()
                        .map(size -> size == OPEN ? "?" : size.toString())
                        .collect(Collectors.joining(", ", "[", "]"));
        return name + ": " + Datatype.of(dtype) + " " + shape;
    }
}
