/**
 * The CPU backend, written with the Vector API; found by {@link java.util.ServiceLoader}.
 *
 * <h2>C2's budget</h2>
 *
 * A vector operation takes a few hundred nodes of C2's graph until it has been inlined, a read through {@code ALL.get}
 * nearly seven hundred. Beyond 18,000 nodes in one compilation ({@code NodeCountInliningCutoff}) C2 inlines only
 * methods marked {@code @ForceInline}, and defers that. One method called by {@code ALL.get} is not marked
 * ({@code Unsafe.getIntUnaligned} with a byte order): a read during whose parsing the limit is reached keeps a call in
 * the inner loop, every accumulator is spilled around it, and the loop takes three times as long. Reads before that
 * point and reads that begin after it are safe, so it matters where the limit falls, which depends on profiles. A tile
 * of sixteen accumulators exceeds the limit; so it first reads all its numbers, within 13,000 nodes, and then does its
 * arithmetic, which is marked throughout.
 *
 * <p>The same happens to a kernel whose caller takes it in when the budget is nearly spent: a method that finds an
 * operation's kernel takes in several, each for both element types and once for every place that calls it. So plans and
 * the bodies of parallel loops are called {@linkplain dev.lanewise.cpu.parallel.Apart apart}, and are compiled each on
 * its own.
 *
 * <p>{@code CompiledKernelsTest} of the module bench runs all kernels in several orders in separate JVMs and fails if
 * the JDK's records of inlining show an access that was not inlined: in the build for two orders the same one, in its full
 * tour (tagged {@code long}), which has C2 compile every kernel, for any; {@code lanewise bench steady} shows the same for a
 * slow JVM.
 */
@NullMarked
package dev.lanewise.cpu;

import org.jspecify.annotations.NullMarked;
