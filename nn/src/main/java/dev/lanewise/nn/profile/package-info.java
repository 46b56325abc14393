/** Where the time goes: operations by name and as a trace. */
@NullMarked
package dev.lanewise.nn.profile;

import org.jspecify.annotations.NullMarked;
