/** The commands {@code lanewise lm}. */
@NullMarked
package dev.lanewise.examples.lm;

import org.jspecify.annotations.NullMarked;
