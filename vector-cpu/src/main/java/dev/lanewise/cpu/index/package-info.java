/** Concatenation, padding, and access by position. */
@NullMarked
package dev.lanewise.cpu.index;

import org.jspecify.annotations.NullMarked;
