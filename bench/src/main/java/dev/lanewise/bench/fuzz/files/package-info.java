/** Mutated files for every reader of the library; the target {@code files} runs them. */
@NullMarked
package dev.lanewise.bench.fuzz.files;

import org.jspecify.annotations.NullMarked;
