/** {@code lanewise golden}: the reference cases that need layers, losses and optimizers. */
@NullMarked
package dev.lanewise.examples.golden;

import org.jspecify.annotations.NullMarked;
