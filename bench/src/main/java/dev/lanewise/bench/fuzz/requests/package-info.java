/** Fuzzing a server of models: requests that are right, and damaged ones. */
@NullMarked
package dev.lanewise.bench.fuzz.requests;

import org.jspecify.annotations.NullMarked;
