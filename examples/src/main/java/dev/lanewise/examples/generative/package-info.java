/** Examples of models that make data like what they saw. */
@NullMarked
package dev.lanewise.examples.generative;

import org.jspecify.annotations.NullMarked;
