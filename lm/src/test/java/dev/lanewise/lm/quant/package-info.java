@NullMarked
package dev.lanewise.lm.quant;

import org.jspecify.annotations.NullMarked;
