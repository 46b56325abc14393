/**
 * A bridge to Micrometer, for servers inside programs that measure with it: {@link
 * dev.lanewise.serve.micrometer.MicrometerObserver}. The program provides {@code io.micrometer:micrometer-core}.
 */
@NullMarked
package dev.lanewise.serve.micrometer;

import org.jspecify.annotations.NullMarked;
