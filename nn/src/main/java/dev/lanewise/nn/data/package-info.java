/**
 * Data sets and their preparation: MNIST, CIFAR-10, folders of images, CSV tables, queries, streams of samples, text, and transforms.
 *
 * <p>{@link dev.lanewise.nn.data.DataHome} says where files are looked for. A file that is missing, truncated or
 * of another kind is reported by a {@link dev.lanewise.nn.io.BadFileException}. Everything random takes a seed or a
 * {@link java.util.random.RandomGenerator} and gives the same result on every machine.
 */
@NullMarked
package dev.lanewise.nn.data;

import org.jspecify.annotations.NullMarked;
