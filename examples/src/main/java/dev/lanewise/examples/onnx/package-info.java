/** {@code lanewise onnx}: ONNX models from the command line. */
@NullMarked
package dev.lanewise.examples.onnx;

import org.jspecify.annotations.NullMarked;
