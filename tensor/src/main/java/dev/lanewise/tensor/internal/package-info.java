/** Dispatch, ownership, strides and printing behind the public interfaces. */
@NullMarked
package dev.lanewise.tensor.internal;

import org.jspecify.annotations.NullMarked;
