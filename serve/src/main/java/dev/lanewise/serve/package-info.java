/**
 * Models behind HTTP, in the Open Inference Protocol that existing clients speak.
 *
 * <pre>{@code
 * try (Server server = Server.builder().model("digits", "1", Servable.of(model)).port(8000).start()) {
 *     ...
 * }
 * }</pre>
 *
 * <p>A {@link dev.lanewise.serve.Servable} is what is served; requests that fit are computed together, as
 * {@link dev.lanewise.serve.Batching} says.
 */
@NullMarked
package dev.lanewise.serve;

import org.jspecify.annotations.NullMarked;
