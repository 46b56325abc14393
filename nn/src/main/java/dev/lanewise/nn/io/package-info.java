/**
 * File formats for tensors: safetensors, NumPy's {@code .npy} and {@code .npz}.
 *
 * <p>Every reader treats its file as hostile: sizes are checked against the file before anything is allocated, and
 * whatever is wrong is reported by one {@link dev.lanewise.nn.io.BadFileException} that names the file, what was
 * found, what was expected and what to do. Every writer uses {@link dev.lanewise.nn.io.AtomicFile}, so no
 * reader ever sees half a file.
 */
@NullMarked
package dev.lanewise.nn.io;

import org.jspecify.annotations.NullMarked;
