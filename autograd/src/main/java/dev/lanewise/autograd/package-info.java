/** Reverse-mode automatic differentiation of tensor operations. */
@NullMarked
package dev.lanewise.autograd;

import org.jspecify.annotations.NullMarked;
