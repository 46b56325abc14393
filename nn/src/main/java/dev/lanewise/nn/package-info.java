/**
 * Neural network layers.
 *
 * <pre>{@code
 * var model = new Sequential(new Flatten(), new Linear(784, 100), new ReLU(), new Linear(100, 10));
 * var optimizer = new Sgd(model.parameters(), 0.1);
 * try (var scope = Scope.open("step")) {
 *     Tensor loss = model.forward(x).crossEntropy(y);
 *     optimizer.step(Autograd.gradients(loss));
 * }
 * }</pre>
 */
@NullMarked
package dev.lanewise.nn;

import org.jspecify.annotations.NullMarked;
