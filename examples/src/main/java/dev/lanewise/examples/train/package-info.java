/** {@code lanewise train}: the reference trainers. */
@NullMarked
package dev.lanewise.examples.train;

import org.jspecify.annotations.NullMarked;
