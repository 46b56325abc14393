/** Convolutions, poolings and their gradients. */
@NullMarked
package dev.lanewise.tensor.op.conv;

import org.jspecify.annotations.NullMarked;
