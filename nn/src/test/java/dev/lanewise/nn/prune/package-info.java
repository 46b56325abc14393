@NullMarked
package dev.lanewise.nn.prune;

import org.jspecify.annotations.NullMarked;
