/** Training in one process beside training in several: what they reach together, and what the machine lets them reach at most. */
@NullMarked
package dev.lanewise.bench.scaling;

import org.jspecify.annotations.NullMarked;
