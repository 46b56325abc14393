/** Decompositions and solutions of small matrices, by EJML. */
@NullMarked
package dev.lanewise.cpu.linalg;

import org.jspecify.annotations.NullMarked;
