/** Runs stored cases of language models and what is around them. */
@NullMarked
package dev.lanewise.lm.cases;

import org.jspecify.annotations.NullMarked;
