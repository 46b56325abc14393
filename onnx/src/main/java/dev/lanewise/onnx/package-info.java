/**
 * ONNX models as layers. {@link dev.lanewise.onnx.OnnxModel#load(java.nio.file.Path)} reads a file; the model is called with
 * tensors by name, and its float initializers are parameters that can be trained, saved and moved like any other.
 */
@NullMarked
package dev.lanewise.onnx;

import org.jspecify.annotations.NullMarked;
