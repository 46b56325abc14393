package dev.lanewise.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is recorded, for how long, and how the record is walked; rules are tested by the suite of every backend. */
class AutogradTest {
    private final Tensor x = Autograd.watch(Tensor.of(1.0, 2.0, 3.0));

    private static void holds(Tensor tensor, double... expected) {
        assertThat(tensor.toDoubleArray()).containsExactly(expected);
    }

    @Test
    void gradientHasTheShapeOfWhatWasWatched() {
        Tensor row = Autograd.watch(Tensor.of(new double[][] {{1, 2, 3}}));
        Tensor column = Autograd.watch(Tensor.of(new double[][] {{1}, {2}}));
        Gradients gradients = Autograd.gradients(row.mul(column).sum());
        holds(gradients.of(row), 3, 3, 3);
        holds(gradients.of(column), 6, 6);
        assertThat(gradients.of(column).shape()).isEqualTo(column.shape());
        assertThat(gradients.values()).hasSize(2);
    }

    @Test
    void usesOfOneTensorAddUp() {
        holds(Autograd.gradients(x.mul(x).add(x).sum()).of(x), 3, 5, 7);
    }

    @Test
    void onlyWhatComesFromWatchedTensorsIsTracked() {
        Tensor plain = Tensor.of(1.0, 2.0, 3.0);
        assertThat(Autograd.isTracked(x)).isTrue();
        assertThat(Autograd.isTracked(x.mul(2))).isTrue();
        assertThat(Autograd.isTracked(plain.mul(2))).isFalse();
        assertThat(Autograd.isTracked(Autograd.detach(x.mul(2)))).isFalse();
        holds(Autograd.gradients(x.mul(Autograd.detach(x)).sum()).of(x), 1, 2, 3);
    }

    @Test
    void noGradHoldsForItsThreadAndItsBody() {
        Tensor constant = Autograd.noGrad(() -> x.mul(2));
        assertThat(Autograd.isTracked(constant)).isFalse();
        assertThat(Autograd.isRecording()).isTrue();
        Autograd.noGrad(() -> {
            assertThat(Autograd.isRecording()).isFalse();
            assertThat(CompletableFuture.supplyAsync(Autograd::isRecording).join())
                    .isTrue();
        });
        assertThatThrownBy(() -> Autograd.noGrad(() -> {
                    throw new IllegalStateException("inside");
                }))
                .hasMessage("inside");
        assertThat(Autograd.isRecording()).isTrue();
    }

    @Test
    void secondDerivativesComeFromADifferentiableWalk() {
        Tensor cubes = x.mul(x).mul(x).sum();
        Tensor first = Autograd.gradients(cubes, Graph.DIFFERENTIATE).of(x);
        holds(first, 3, 12, 27);
        holds(Autograd.gradients(first.sum()).of(x), 6, 12, 18);
    }

    @Test
    void recordIsWalkedOnceUnlessRetained() {
        Tensor loss = x.mul(x).sum();
        holds(Autograd.gradients(loss, Graph.RETAIN).of(x), 2, 4, 6);
        holds(Autograd.gradients(loss).of(x), 2, 4, 6);
        assertThatThrownBy(() -> Autograd.gradients(loss))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("gradients: the record of ")
                .hasMessageEndingWith("pass Graph.RETAIN to the first call");
    }

    @Test
    void savedTensorThatWasChangedIsAnError() {
        Tensor weights = Tensor.of(1.0, 2.0, 3.0);
        Tensor loss = x.mul(weights).sum();
        weights.assign(weights.mul(2));
        assertThatThrownBy(() -> Autograd.gradients(loss))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("F64[3], which mul saved, was changed in place since");
    }

    @Test
    void recordKeepsWhatItNeedsAfterTheScopeOfTheForwardPass() {
        Tensor loss;
        Tensor between;
        try (var scope = Scope.open("forward")) {
            between = x.mul(2);
            loss = scope.keep(between.mul(between).sum());
        }
        holds(Autograd.gradients(loss).of(x), 8, 16, 24);
        assertThatThrownBy(() -> between.add(1)).isInstanceOf(ReleasedTensorException.class);
    }

    @Test
    void threadsThatWalkOneRecordReleaseItOnce() throws InterruptedException {
        Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
        for (int round = 0; round < 300; round++) {
            Tensor w = Autograd.watch(Tensor.of(1.0, 2.0));
            Tensor loss = w.mul(w).mul(w).mul(w).sum();
            CyclicBarrier start = new CyclicBarrier(3);
            List<Thread> threads = new ArrayList<>();
            for (Graph graph : List.of(Graph.RELEASE, Graph.RELEASE, Graph.RETAIN)) {
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        start.await();
                        holds(Autograd.gradients(loss, graph).of(w), 4, 32);
                    } catch (TensorException late) {
                        // another thread was first
                    } catch (Exception | AssertionError e) {
                        wrong.add(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            holds(w, 1, 2);
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void walkStopsAtWhatWasAskedFor() {
        Tensor between = x.mul(2);
        Tensor loss = between.mul(between).sum();
        Tensor[] outputs = {loss};
        Gradients gradients =
                Autograd.gradients(outputs, new Tensor[] {loss.onesLike()}, new Tensor[] {between}, Graph.RELEASE);
        holds(gradients.of(between), 4, 8, 12);
        assertThat(gradients.has(x)).isFalse();
    }

    @Test
    void outputsAreWeightedByTheirUpstreamGradients() {
        Tensor y = x.mul(x);
        Tensor[] upstream = {Tensor.of(1.0, 0.0, 10.0)};
        holds(Autograd.gradients(new Tensor[] {y}, upstream, Graph.RELEASE).of(x), 2, 0, 60);
        holds(Autograd.gradients(x.mul(3).sum()).map(g -> g.mul(-1)).of(x), -3, -3, -3);
    }

    @Test
    void mistakesAreNamed() {
        Tensor plain = Tensor.of(1.0, 2.0);
        Gradients gradients = Autograd.gradients(x.sum());
        assertThatThrownBy(() -> Autograd.watch(Tensor.of(new long[] {1})))
                .hasMessage("watch: I64[1] has no gradients (expected a floating-point type); cast with to(DType.F32)");
        assertThatThrownBy(() -> Autograd.gradients(x.mul(2)))
                .hasMessageStartingWith("gradients: the loss is F64[3] (expected one element)");
        assertThatThrownBy(() -> Autograd.gradients(plain.sum()))
                .hasMessageStartingWith("gradients: the output depends on no watched tensor");
        assertThatThrownBy(() -> gradients.of(plain))
                .hasMessageStartingWith("gradients: F64[2] is not watched; use what Autograd.watch returned");
        assertThatThrownBy(() -> gradients.of(Autograd.watch(plain)))
                .hasMessageStartingWith("gradients: the output does not depend on F64[2]");
        assertThatThrownBy(() -> Autograd.gradients(new Tensor[] {x.mul(2)}, new Tensor[0], Graph.RELEASE))
                .hasMessage("gradients: 1 outputs and 0 upstream gradients; give one for each");
        assertThatThrownBy(() -> Autograd.gradients(new Tensor[] {x.mul(2)}, new Tensor[] {plain}, Graph.RELEASE))
                .isInstanceOf(TensorException.class);
    }

    /** Doubles, with a gradient that is told apart from the true one. */
    private record Doubled(boolean hasGradient) implements Autograd.CustomOp {
        @Override
        public String name() {
            return "doubled";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            assertThat(Autograd.isRecording()).isFalse();
            return inputs[0].mul(2);
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            return new Tensor[] {hasGradient ? upstream.mul(inputs[0]).add(output) : null};
        }
    }

    /** Whose gradient does not depend on its input. */
    private record Tripled() implements Autograd.CustomOp {
        @Override
        public String name() {
            return "tripled";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return inputs[0].mul(3);
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            assertThat(inputs).isEmpty();
            return new Tensor[] {upstream.mul(3)};
        }

        @Override
        public boolean looksBack() {
            return false;
        }
    }

    @Test
    void customOperationThatDoesNotLookBackKeepsNothing() {
        Tensor inner = x.mul(2);
        Tensor y = Autograd.apply(new Tripled(), inner);
        // what the record had kept could not be changed
        Tensor sum = y.sum();
        Autograd.detach(inner).assign(inner.zerosLike());
        holds(Autograd.gradients(sum).of(x), 6, 6, 6);
    }

    @Test
    void customOperationHasItsOwnRule() {
        Tensor y = Autograd.apply(new Doubled(true), x);
        holds(y, 2, 4, 6);
        holds(Autograd.gradients(y.sum()).of(x), 3, 6, 9);
        Tensor both = Autograd.apply(new Doubled(false), x).add(x).sum();
        holds(Autograd.gradients(both).of(x), 1, 1, 1);
    }

    @Test
    void checkpointedPartRunsAgainForItsGradient() {
        int[] runs = {0};
        Tensor y = Autograd.checkpoint(
                in -> {
                    runs[0]++;
                    return in[0].mul(in[0]).mul(in[0]);
                },
                x);
        assertThat(runs[0]).isEqualTo(1);
        holds(Autograd.gradients(y.sum()).of(x), 3, 12, 27);
        assertThat(runs[0]).isEqualTo(2);
    }

    @Test
    void threadsDifferentiateThroughTheSameLeaf() {
        var others = java.util.stream.IntStream.range(1, 5)
                .mapToObj(k -> CompletableFuture.supplyAsync(
                        () -> Autograd.gradients(x.mul(x).mul(k).sum()).of(x).toDoubleArray()))
                .toList();
        for (int k = 1; k < 5; k++) {
            assertThat(others.get(k - 1).join()).containsExactly(2.0 * k, 4.0 * k, 6.0 * k);
        }
    }
}
