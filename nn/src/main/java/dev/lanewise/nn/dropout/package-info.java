/** Layers that leave things out at random in training: channels, whole branches; {@link dev.lanewise.nn.Dropout} elements. */
@NullMarked
package dev.lanewise.nn.dropout;

import org.jspecify.annotations.NullMarked;
