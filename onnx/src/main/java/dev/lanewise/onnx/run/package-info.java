/** Graphs ready to run: the values of a call, and what an operator gets of it. */
@NullMarked
package dev.lanewise.onnx.run;

import org.jspecify.annotations.NullMarked;
