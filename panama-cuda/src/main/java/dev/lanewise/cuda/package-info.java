/** The CUDA backend, on the Foreign Function and Memory API; found by {@link java.util.ServiceLoader}. */
@NullMarked
package dev.lanewise.cuda;

import org.jspecify.annotations.NullMarked;
