/** Texts: files, words and vocabularies. */
@NullMarked
package dev.lanewise.nn.data.text;

import org.jspecify.annotations.NullMarked;
