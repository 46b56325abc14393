/** JMH benchmarks of kernels through the public tensor operations, and of other libraries' kernels for comparison. */
@NullMarked
package dev.lanewise.bench.jmh;

import org.jspecify.annotations.NullMarked;
