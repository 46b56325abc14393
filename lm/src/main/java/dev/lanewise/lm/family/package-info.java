/** The families of models, each a page that says what is special. */
@NullMarked
package dev.lanewise.lm.family;

import org.jspecify.annotations.NullMarked;
