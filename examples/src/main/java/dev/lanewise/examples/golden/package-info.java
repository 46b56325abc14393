/** {@code lanewise golden}: the reference cases that need modules, losses and optimizers. */
@NullMarked
package dev.lanewise.examples.golden;

import org.jspecify.annotations.NullMarked;
