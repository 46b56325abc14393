/** A client of HTTP that sends what it is told to, right or wrong, and costs little. */
@NullMarked
package dev.lanewise.bench.http;

import org.jspecify.annotations.NullMarked;
