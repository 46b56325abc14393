/** The parts of a tokenizer around its model: normalizers, added tokens, pre-tokenizers, post-processors, decoders. */
@NullMarked
package dev.lanewise.text.pipeline;

import org.jspecify.annotations.NullMarked;
