/** Normalizations, softmax, cross-entropy and their gradients. */
@NullMarked
package dev.lanewise.tensor.op.norm;

import org.jspecify.annotations.NullMarked;
