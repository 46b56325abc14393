package dev.lanewise.onnx;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An input or output of a model.
 *
 * @param name its name
 * @param kind the kind of value, such as a tensor
 * @param type its elements' type, or null if the file does not say
 * @param dims its dimensions, numbers or names ("?" where nameless), or null if the file does not say
 */
public record ValueInfo(
        String name,
        Kind kind,
        @Nullable ElementType type,
        @Nullable List<String> dims) {
    /** Holds the given values, of which only {@code type} and {@code dims} may be null. */
    public ValueInfo {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(kind, "kind");
    }

    /** The kinds of values that a model's inputs and outputs can be. */
    public enum Kind {
        /** A tensor. */
        TENSOR,
        /** A sequence. */
        SEQUENCE,
        /** An optional. */
        OPTIONAL,
        /** A map. */
        MAP
    }

    @Override
    public String toString() {
        return name + ": " + (kind == Kind.TENSOR ? "" : kind + " ") + (type == null ? "?" : type)
                + (dims == null ? "" : " [" + String.join(", ", dims) + "]");
    }
}
