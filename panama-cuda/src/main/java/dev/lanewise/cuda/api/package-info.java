/**
 * One thin layer per library over the generated bindings. Every status is checked once, here, and becomes a
 * {@link dev.lanewise.cuda.api.CudaException}; arguments and results are Java's own types and typed handles.
 *
 * <p>Each library is an interface with one implementation that calls the bindings, so that everything above runs in
 * tests against a recording stand-in.
 */
@NullMarked
package dev.lanewise.cuda.api;

import org.jspecify.annotations.NullMarked;
