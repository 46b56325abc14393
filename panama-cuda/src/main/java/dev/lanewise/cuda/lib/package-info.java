/**
 * Where NVIDIA's libraries are: which sonames are looked for, in which folders, and what was found.
 *
 * <p>Nothing is opened before it is asked for, so a machine without CUDA can load this module and say what it lacks.
 */
@NullMarked
package dev.lanewise.cuda.lib;

import org.jspecify.annotations.NullMarked;
