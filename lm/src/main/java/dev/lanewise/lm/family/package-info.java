/** The families of models, each in a class that says what is special about it. */
@NullMarked
package dev.lanewise.lm.family;

import org.jspecify.annotations.NullMarked;
