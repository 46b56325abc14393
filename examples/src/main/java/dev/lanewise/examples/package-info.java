/** The command line {@code lanewise}: reference trainers and {@code doctor}. */
@NullMarked
package dev.lanewise.examples;

import org.jspecify.annotations.NullMarked;
