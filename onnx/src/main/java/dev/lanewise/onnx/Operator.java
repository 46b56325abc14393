package dev.lanewise.onnx;

/** What an operator computes: a row of the table {@link Operators}. */
@FunctionalInterface
interface Operator {
    /** Computes the outputs, at least as many as the node names. */
    OnnxValue[] run(Call call);
}
