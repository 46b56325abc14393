/** {@code lanewise bench steady}: whether the same work takes the same time in every JVM. */
@NullMarked
package dev.lanewise.bench.steady;

import org.jspecify.annotations.NullMarked;
