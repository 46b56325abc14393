package dev.lanewise.onnx.run;

import dev.lanewise.onnx.OnnxValue;

/** What an operator computes: a row of the table {@code Operators}. */
@FunctionalInterface
public interface Operator {
    /** Computes the outputs, at least as many as the node names. */
    OnnxValue[] run(Call call);
}
