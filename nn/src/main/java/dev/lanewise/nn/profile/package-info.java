/** Where time and memory go: operations by name and as a trace, bytes by scope. */
@NullMarked
package dev.lanewise.nn.profile;

import org.jspecify.annotations.NullMarked;
