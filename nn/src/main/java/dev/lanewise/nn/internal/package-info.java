/** Code shared by several packages of this module, and internal to it. */
@NullMarked
package dev.lanewise.nn.internal;

import org.jspecify.annotations.NullMarked;
