@NullMarked
package dev.lanewise.lm.gguf;

import org.jspecify.annotations.NullMarked;
