/**
 * The CPU backend, written with the Vector API; found by {@link java.util.ServiceLoader}.
 *
 * <h2>C2's budget</h2>
 *
 * A vector operation is a few hundred nodes of C2's graph until it has been inlined, a read through {@code ALL.get} nearly
 * seven hundred. Beyond 18,000 nodes in one compilation ({@code NodeCountInliningCutoff}) C2 inlines only what is marked
 * {@code @ForceInline}, and puts that off. One method on the way of {@code ALL.get} is not marked
 * ({@code Unsafe.getIntUnaligned} with a byte order): a read during whose parsing the limit is reached keeps a call in the
 * inner loop, every accumulator is spilled around it, and the loop takes three times as long. Reads before that point and
 * reads that begin behind it are safe, so where the limit falls decides, and that depends on profiles. A tile of sixteen
 * accumulators passes the limit; so it reads all its numbers first, at 13,000 nodes at most, and does its arithmetic, which
 * is marked throughout, behind them. {@code CompiledKernelsTest} of the module bench
 * runs all kernels in several orders in JVMs of their own and fails where the JDK's record of inlining shows an access that
 * was left as a call; {@code lanewise bench steady} shows the same for a slow JVM.
 */
@NullMarked
package dev.lanewise.cpu;

import org.jspecify.annotations.NullMarked;
