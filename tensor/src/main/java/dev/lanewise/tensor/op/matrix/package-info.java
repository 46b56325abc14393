/** Products of matrices and linear algebra. */
@NullMarked
package dev.lanewise.tensor.op.matrix;

import org.jspecify.annotations.NullMarked;
