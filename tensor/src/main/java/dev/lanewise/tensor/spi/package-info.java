/**
 * What a backend implements and what automatic differentiation hooks into; not needed to use tensors.
 *
 * <p>A backend runs the operations of {@link dev.lanewise.tensor.op} on the memory of its device. It is found by
 * {@link java.util.ServiceLoader} through a {@link dev.lanewise.tensor.spi.BackendProvider}.
 */
@NullMarked
package dev.lanewise.tensor.spi;

import org.jspecify.annotations.NullMarked;
