/**
 * Language models. {@link dev.lanewise.lm.Models} reads them; {@link dev.lanewise.lm.CausalLM}, {@link
 * dev.lanewise.lm.Seq2SeqLM}, {@link dev.lanewise.lm.Encoder} and {@link dev.lanewise.lm.ImageEncoder} are the kinds of
 * models that it returns.
 */
@NullMarked
package dev.lanewise.lm;

import org.jspecify.annotations.NullMarked;
