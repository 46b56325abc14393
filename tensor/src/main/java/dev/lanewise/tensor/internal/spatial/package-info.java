/** What operations on signals, images and volumes are composed of. */
@NullMarked
package dev.lanewise.tensor.internal.spatial;

import org.jspecify.annotations.NullMarked;
