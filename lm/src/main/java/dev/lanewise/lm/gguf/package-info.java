/** GGUF files: their settings, tensors and blocks of low-bit numbers. */
@NullMarked
package dev.lanewise.lm.gguf;

import org.jspecify.annotations.NullMarked;
