/** The sources of models' sizes and parameters: config files and files of tensors. */
@NullMarked
package dev.lanewise.lm.weights;

import org.jspecify.annotations.NullMarked;
