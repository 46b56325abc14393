/**
 * Two-dimensional pooling and its gradients on dense NCHW tensors; {@link dev.lanewise.cpu.pool.Pools} is the entry.
 */
@NullMarked
package dev.lanewise.cpu.pool;

import org.jspecify.annotations.NullMarked;
