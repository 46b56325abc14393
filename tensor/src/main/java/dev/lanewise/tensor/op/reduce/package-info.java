/** Reductions, scans and sorting along dimensions. */
@NullMarked
package dev.lanewise.tensor.op.reduce;

import org.jspecify.annotations.NullMarked;
