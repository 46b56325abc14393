/** Optimizers, which change parameters in place by their gradients. */
@NullMarked
package dev.lanewise.nn.optim;

import org.jspecify.annotations.NullMarked;
