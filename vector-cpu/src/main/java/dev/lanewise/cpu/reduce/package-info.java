/** Sums, extremes, scans and sorting along dimensions. */
@NullMarked
package dev.lanewise.cpu.reduce;

import org.jspecify.annotations.NullMarked;
