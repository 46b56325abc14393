/** The parts that families of models have in common: attention, rotary positions, feed-forward layers, norms. */
@NullMarked
package dev.lanewise.lm.part;

import org.jspecify.annotations.NullMarked;
