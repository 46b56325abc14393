/**
 * Elementwise kernels: a few template loops, each specialised per operation and element type as a hidden class, over the
 * merged dimensions of the operands.
 */
@NullMarked
package dev.lanewise.cpu.elementwise;

import org.jspecify.annotations.NullMarked;
