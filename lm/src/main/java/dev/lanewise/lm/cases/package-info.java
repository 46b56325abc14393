/** Runs stored cases of language models and of the parts around them. */
@NullMarked
package dev.lanewise.lm.cases;

import org.jspecify.annotations.NullMarked;
