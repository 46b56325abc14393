@NullMarked
package dev.lanewise.nn.explain;

import org.jspecify.annotations.NullMarked;
