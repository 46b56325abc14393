/**
 * Which parts of an input a model's answer rests on: {@link dev.lanewise.nn.explain.Attributions} by gradients and by covering
 * parts of the input, {@link dev.lanewise.nn.explain.GradCam} by what a convolution sees.
 */
@NullMarked
package dev.lanewise.nn.explain;

import org.jspecify.annotations.NullMarked;
