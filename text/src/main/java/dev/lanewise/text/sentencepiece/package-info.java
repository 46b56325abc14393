/** SentencePiece's models: their files, normalization, and both algorithms with their own arithmetic. */
@NullMarked
package dev.lanewise.text.sentencepiece;

import org.jspecify.annotations.NullMarked;
