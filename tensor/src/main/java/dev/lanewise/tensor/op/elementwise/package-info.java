/** Operations that compute each element from the elements at its place. */
@NullMarked
package dev.lanewise.tensor.op.elementwise;

import org.jspecify.annotations.NullMarked;
