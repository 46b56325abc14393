/** Mutated files for every reader of the library; {@link dev.lanewise.bench.fuzz.files.FileFuzz} runs them. */
@NullMarked
package dev.lanewise.bench.fuzz.files;

import org.jspecify.annotations.NullMarked;
