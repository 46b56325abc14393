/**
 * Fewer numbers: {@link dev.lanewise.nn.prune.Prune} says which weights matter least, {@link dev.lanewise.nn.prune.Masks} keep
 * them at zero through training, {@link dev.lanewise.nn.prune.GradualPruning} takes more of them by a schedule, and {@link
 * dev.lanewise.nn.prune.Units} takes channels and heads out of layers, which makes them smaller and faster.
 */
@NullMarked
package dev.lanewise.nn.prune;

import org.jspecify.annotations.NullMarked;
