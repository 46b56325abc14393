/** Layers of signals, images and volumes beyond those of {@link dev.lanewise.nn}: three dimensions, windows, edges, enlargement. */
@NullMarked
package dev.lanewise.nn.spatial;

import org.jspecify.annotations.NullMarked;
