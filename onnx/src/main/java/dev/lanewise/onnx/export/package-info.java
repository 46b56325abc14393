/** From a layer to a file: what its calls compute is recorded and written as nodes. */
@NullMarked
package dev.lanewise.onnx.export;

import org.jspecify.annotations.NullMarked;
