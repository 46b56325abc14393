/**
 * Finds NVIDIA's libraries: which sonames are searched for, in which folders, and what was found.
 *
 * <p>Nothing is opened before it is needed, so a machine without CUDA can load this module and say what it lacks.
 */
@NullMarked
package dev.lanewise.cuda.lib;

import org.jspecify.annotations.NullMarked;
