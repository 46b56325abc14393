/** Random tests that hunt for crashes, exceptions of undocumented types and wrong results: {@code lanewise bench fuzz}. */
@NullMarked
package dev.lanewise.bench.fuzz;

import org.jspecify.annotations.NullMarked;
