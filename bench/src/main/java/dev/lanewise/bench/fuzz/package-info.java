/**
 * Fuzzing: random operations, files, requests and races in child processes, whose crashes, hangs, wrong results and undocumented
 * exceptions are reported with the seed and the number that reproduce them.
 */
@NullMarked
package dev.lanewise.bench.fuzz;

import org.jspecify.annotations.NullMarked;
