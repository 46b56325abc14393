/** Convolution with 3x3 kernels by Winograd's minimal filtering, and when its rounding allows it. */
@NullMarked
package dev.lanewise.cpu.conv.winograd;

import org.jspecify.annotations.NullMarked;
