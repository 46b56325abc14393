package dev.lanewise.onnx;

import dev.lanewise.tensor.TensorException;
import java.util.List;

/** A model needs operators that are not supported; the message names them all. */
public final class MissingOperatorsException extends TensorException {
    private static final long serialVersionUID = 1L;

    /** @param operators the missing operators, each with its domain, version and first node */
    MissingOperatorsException(List<String> operators) {
        super("onnx: operators are missing: " + String.join(", ", operators)
                + " (expected those of docs/onnx.md); export the model with others");
    }
}
