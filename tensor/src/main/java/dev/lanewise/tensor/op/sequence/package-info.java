/** Attention, recurrences and dropout. */
@NullMarked
package dev.lanewise.tensor.op.sequence;

import org.jspecify.annotations.NullMarked;
