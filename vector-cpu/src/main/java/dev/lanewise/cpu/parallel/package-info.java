/** One pool of worker threads for all CPU kernels of the process. */
@org.jspecify.annotations.NullMarked
package dev.lanewise.cpu.parallel;
