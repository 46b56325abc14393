/** Examples of finding what is unusual. */
@NullMarked
package dev.lanewise.examples.anomaly;

import org.jspecify.annotations.NullMarked;
