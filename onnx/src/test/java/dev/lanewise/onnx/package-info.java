@NullMarked
package dev.lanewise.onnx;

import org.jspecify.annotations.NullMarked;
