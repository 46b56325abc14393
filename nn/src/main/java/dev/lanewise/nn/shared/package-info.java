/** What Lanewise's other modules use, and nobody else. */
@NullMarked
package dev.lanewise.nn.shared;

import org.jspecify.annotations.NullMarked;
