/**
 * Two-dimensional convolution and its gradients on dense NCHW tensors.
 *
 * <p>{@link dev.lanewise.cpu.conv.Convolutions} is the entry; {@link dev.lanewise.cpu.conv.ConvAlgorithm} says which of the
 * direct, Winograd and matrix-product paths a shape takes.
 */
@NullMarked
package dev.lanewise.cpu.conv;

import org.jspecify.annotations.NullMarked;
