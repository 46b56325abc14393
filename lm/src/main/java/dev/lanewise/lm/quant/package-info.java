/** Fewer bits: {@link dev.lanewise.lm.quant.Quantize} rounds weights and activations of a model. */
@NullMarked
package dev.lanewise.lm.quant;

import org.jspecify.annotations.NullMarked;
