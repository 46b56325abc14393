/** The models that split a word into tokens: BPE, WordPiece, Unigram, word level. */
@NullMarked
package dev.lanewise.text.model;

import org.jspecify.annotations.NullMarked;
