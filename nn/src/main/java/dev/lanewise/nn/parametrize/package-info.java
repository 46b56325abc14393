/**
 * Weights that are computed of other parameters: a direction and a length, or a matrix divided by its largest singular value.
 *
 * <pre>{@code
 * Linear critic = SpectralNorm.apply(new Linear(128, 1), "weight", rng);
 * Conv1d causal = WeightNorm.apply(new Conv1d(64, 64, Window.of(3)), "weight", 0);
 * }</pre>
 */
@NullMarked
package dev.lanewise.nn.parametrize;

import org.jspecify.annotations.NullMarked;
