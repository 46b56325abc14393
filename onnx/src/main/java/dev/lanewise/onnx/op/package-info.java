/** Operators, all in the table {@link dev.lanewise.onnx.op.Operators}. */
@NullMarked
package dev.lanewise.onnx.op;

import org.jspecify.annotations.NullMarked;
