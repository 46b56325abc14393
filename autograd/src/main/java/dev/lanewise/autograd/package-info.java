/**
 * Reverse-mode automatic differentiation.
 *
 * <p>{@link dev.lanewise.autograd.Autograd#watch} makes a leaf; what is computed from it is recorded; {@link
 * dev.lanewise.autograd.Autograd#gradients} walks the record backward and returns immutable {@link
 * dev.lanewise.autograd.Gradients}, so there are no gradient fields to clear, and two threads may differentiate through
 * the same weights.
 *
 * <pre>{@code
 * Tensor w = Autograd.watch(Tensor.of(2f, 3f));
 * Gradients gradients = Autograd.gradients(w.square().sum());
 * gradients.of(w); // tensor([4., 6.])
 * }</pre>
 */
@NullMarked
package dev.lanewise.autograd;

import org.jspecify.annotations.NullMarked;
