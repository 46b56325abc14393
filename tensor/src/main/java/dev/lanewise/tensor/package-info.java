/**
 * Tensors: typed, strided, n-dimensional arrays in native memory, on the CPU or on a GPU.
 *
 * <p>{@link dev.lanewise.tensor.Tensor} is the one interface for every device. Results belong to the innermost
 * {@link dev.lanewise.tensor.Scope} of the thread and are released when it closes:
 *
 * <pre>{@code
 * try (var scope = Scope.open()) {
 *     Tensor x = Tensor.of(new float[][] {{1, 2}, {3, 4}});
 *     Tensor y = x.matmul(x.transpose()).softmax(1);
 *     return scope.keep(y); // everything else is released here
 * }
 * }</pre>
 */
@NullMarked
package dev.lanewise.tensor;

import org.jspecify.annotations.NullMarked;
