/** Files: what a model holds, its reader and writer, and how numbers are stored. */
@NullMarked
package dev.lanewise.onnx.format;

import org.jspecify.annotations.NullMarked;
