/** Counter-based random numbers and dropout. */
@NullMarked
package dev.lanewise.cpu.random;

import org.jspecify.annotations.NullMarked;
