/** Runs stored cases of ONNX models. */
@NullMarked
package dev.lanewise.onnx.cases;

import org.jspecify.annotations.NullMarked;
