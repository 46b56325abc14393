/** Decompositions and solutions of small matrices. */
@NullMarked
package dev.lanewise.cpu.linalg;

import org.jspecify.annotations.NullMarked;
