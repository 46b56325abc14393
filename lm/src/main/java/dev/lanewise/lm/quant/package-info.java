/**
 * Fewer bits and fewer numbers: {@link dev.lanewise.lm.quant.Quantize} rounds weights and activations of a model,
 * {@link dev.lanewise.lm.quant.Prune} sets weights to zero.
 */
@NullMarked
package dev.lanewise.lm.quant;

import org.jspecify.annotations.NullMarked;
