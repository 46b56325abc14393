/**
 * Operations as launches of kernels: which kernel, over which threads, with which sizes and strides. Nothing here waits
 * for the device except {@link dev.lanewise.cuda.ops.SmallMatrices}.
 */
@NullMarked
package dev.lanewise.cuda.ops;

import org.jspecify.annotations.NullMarked;
