/**
 * Kernels of our own: templates in CUDA C, the table of expressions that fills them, and the compiler with its cache on
 * disk.
 */
@NullMarked
package dev.lanewise.cuda.kernel;

import org.jspecify.annotations.NullMarked;
