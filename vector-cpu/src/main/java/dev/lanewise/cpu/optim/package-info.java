/** Optimizer steps in one pass over memory. */
@NullMarked
package dev.lanewise.cpu.optim;

import org.jspecify.annotations.NullMarked;
