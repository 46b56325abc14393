/**
 * {@code lanewise bench gpu-check}: everything that needs a GPU, step by step, each in processes of its own, so that
 * one that dies or hangs loses only its own result.
 */
@NullMarked
package dev.lanewise.bench.gpu;

import org.jspecify.annotations.NullMarked;
