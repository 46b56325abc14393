/** Operations whose results share the operand's memory. */
@NullMarked
package dev.lanewise.tensor.op.view;

import org.jspecify.annotations.NullMarked;
