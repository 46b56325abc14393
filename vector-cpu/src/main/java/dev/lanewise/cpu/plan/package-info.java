/**
 * One way from an operation to its kernel: a {@link Problem} says what is to be computed, {@link Plans} knows the
 * {@link Kernel} that was planned for it, and that is run on addresses.
 */
@NullMarked
package dev.lanewise.cpu.plan;

import org.jspecify.annotations.NullMarked;
