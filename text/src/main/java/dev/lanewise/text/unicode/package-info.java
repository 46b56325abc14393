/** Character properties and normalization, as the tokenizers library computes them. */
@NullMarked
package dev.lanewise.text.unicode;

import org.jspecify.annotations.NullMarked;
