/** The reference models of texts. */
@NullMarked
package dev.lanewise.examples.train.text;

import org.jspecify.annotations.NullMarked;
