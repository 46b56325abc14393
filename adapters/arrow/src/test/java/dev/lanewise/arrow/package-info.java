@NullMarked
package dev.lanewise.arrow;

import org.jspecify.annotations.NullMarked;
