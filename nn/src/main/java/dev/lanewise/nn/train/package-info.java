/** The training loop, and the {@link dev.lanewise.nn.train.Callback}s that are told about it or step into it. */
@NullMarked
package dev.lanewise.nn.train;

import org.jspecify.annotations.NullMarked;
