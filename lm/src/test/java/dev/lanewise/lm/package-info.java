@NullMarked
package dev.lanewise.lm;

import org.jspecify.annotations.NullMarked;
