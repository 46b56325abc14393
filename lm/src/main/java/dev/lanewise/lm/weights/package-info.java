/** Where models get their sizes and parameters from: config files and files of tensors. */
@NullMarked
package dev.lanewise.lm.weights;

import org.jspecify.annotations.NullMarked;
