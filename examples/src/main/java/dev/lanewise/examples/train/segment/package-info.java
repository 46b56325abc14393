/** The trainer of segmentation. */
@NullMarked
package dev.lanewise.examples.train.segment;

import org.jspecify.annotations.NullMarked;
