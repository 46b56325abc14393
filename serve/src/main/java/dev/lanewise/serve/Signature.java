package dev.lanewise.serve;

import dev.lanewise.tensor.TensorException;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a served model takes and gives. Requests are checked against it before memory is taken for their tensors.
 *
 * @param inputs what a request must give, at least one
 * @param outputs what an answer may contain, at least one
 */
public record Signature(List<TensorInfo> inputs, List<TensorInfo> outputs) {
    /**
     * Checks the names.
     *
     * @throws TensorException if there is no input or no output, or two have the same name
     */
    public Signature {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(outputs, "outputs");
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        requireDifferent("inputs", inputs);
        requireDifferent("outputs", outputs);
    }

    private static void requireDifferent(String kind, List<TensorInfo> infos) {
        Set<String> names = new HashSet<>();
        for (TensorInfo info : infos) {
            if (!names.add(info.name())) {
                throw new TensorException(
                        "serve: two " + kind + " named '" + info.name() + "' (expected different names); rename one");
            }
        }
        if (infos.isEmpty()) {
            throw new TensorException("serve: a model without " + kind + " (expected one or more); name them");
        }
    }

    /** The entry of a name, or null if there is none. */
    static @Nullable TensorInfo find(List<TensorInfo> infos, String name) {
        for (TensorInfo info : infos) {
            if (info.name().equals(name)) {
                return info;
            }
        }
        return null;
    }

    /** Whether all inputs have an open first dimension. */
    boolean hasRows() {
        return inputs.stream().allMatch(TensorInfo::hasRows);
    }
}
