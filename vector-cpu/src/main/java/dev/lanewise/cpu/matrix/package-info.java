/** Between tensors of any strides and the kernels of matrix products, convolution and pooling. */
@NullMarked
package dev.lanewise.cpu.matrix;

import org.jspecify.annotations.NullMarked;
