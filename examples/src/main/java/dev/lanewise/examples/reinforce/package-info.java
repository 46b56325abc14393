/** Examples of learning by trial. */
@NullMarked
package dev.lanewise.examples.reinforce;

import org.jspecify.annotations.NullMarked;
