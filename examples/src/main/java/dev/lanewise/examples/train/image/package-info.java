/** The reference models of images. */
@NullMarked
package dev.lanewise.examples.train.image;

import org.jspecify.annotations.NullMarked;
