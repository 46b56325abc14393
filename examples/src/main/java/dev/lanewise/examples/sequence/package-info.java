/** Examples of models that turn sequences into sequences. */
@NullMarked
package dev.lanewise.examples.sequence;

import org.jspecify.annotations.NullMarked;
