package dev.lanewise.onnx;

import dev.lanewise.tensor.TensorException;
import java.util.List;

/** A model needs operators that are not there; all are named. */
public final class MissingOperatorsException extends TensorException {
    private static final long serialVersionUID = 1L;

    /** @param operators what is missing, each with its domain, version and first node */
    MissingOperatorsException(List<String> operators) {
        super("onnx: operators are missing: " + String.join(", ", operators)
                + " (expected those of docs/onnx.md); export the model with others");
    }
}
