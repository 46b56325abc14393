@NullMarked
package dev.lanewise.cpu.quant;

import org.jspecify.annotations.NullMarked;
