/** Operations that read or write by position, and that join and pad. */
@NullMarked
package dev.lanewise.tensor.op.index;

import org.jspecify.annotations.NullMarked;
