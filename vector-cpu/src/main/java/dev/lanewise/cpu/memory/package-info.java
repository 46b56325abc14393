/** Native memory as kernels see it: raw addresses and reusable scratch blocks. */
@org.jspecify.annotations.NullMarked
package dev.lanewise.cpu.memory;
