/** {@code lanewise serve}: models behind HTTP from the command line. */
@NullMarked
package dev.lanewise.examples.serve;

import org.jspecify.annotations.NullMarked;
