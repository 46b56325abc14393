/**
 * Reference cases: what PyTorch computes for operations, gradients, optimizers and short training runs, from a folder of
 * safetensors files, and the runner that holds an implementation to them.
 */
@NullMarked
package dev.lanewise.testkit.golden;

import org.jspecify.annotations.NullMarked;
