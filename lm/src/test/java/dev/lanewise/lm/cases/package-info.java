@NullMarked
package dev.lanewise.lm.cases;

import org.jspecify.annotations.NullMarked;
