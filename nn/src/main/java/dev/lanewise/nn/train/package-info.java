/** The training loop, and the {@link dev.lanewise.nn.train.Callback}s that observe it or intervene in it. */
@NullMarked
package dev.lanewise.nn.train;

import org.jspecify.annotations.NullMarked;
