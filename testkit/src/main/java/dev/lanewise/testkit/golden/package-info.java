/**
 * Reference cases: PyTorch's results for operations, gradients, optimizers and short training runs, from a folder of
 * safetensors files, and the runner that checks an implementation against them.
 */
@NullMarked
package dev.lanewise.testkit.golden;

import org.jspecify.annotations.NullMarked;
