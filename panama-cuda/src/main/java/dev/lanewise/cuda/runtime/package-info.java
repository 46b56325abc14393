/**
 * What runs operations on a device: its memory, the kernels loaded on it, and captured graphs of work. Written against the
 * interfaces of {@link dev.lanewise.cuda.api}, so that the order of calls and the freeing of every handle are tested on
 * machines without a GPU.
 */
@NullMarked
package dev.lanewise.cuda.runtime;

import org.jspecify.annotations.NullMarked;
