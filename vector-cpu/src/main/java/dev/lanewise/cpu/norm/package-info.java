/** Softmax, cross-entropy, normalization and attention. */
@NullMarked
package dev.lanewise.cpu.norm;

import org.jspecify.annotations.NullMarked;
