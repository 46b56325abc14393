/** Neural network modules, losses and optimizers. */
@NullMarked
package dev.lanewise.nn;

import org.jspecify.annotations.NullMarked;
