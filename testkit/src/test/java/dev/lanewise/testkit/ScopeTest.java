package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

final class ScopeTest {
    @Test
    void releasedTensorNamesItsScope() {
        Tensor x;
        try (var ignored = Scope.open("forward pass")) {
            x = Tensor.ones(3);
        }
        assertThatThrownBy(() -> x.add(1))
                .isInstanceOf(ReleasedTensorException.class)
                .hasMessageContaining("scope 'forward pass'")
                .hasMessageContaining("keep");
        assertThatThrownBy(x::toFloatArray).isInstanceOf(ReleasedTensorException.class);
        assertThat(x.toString()).contains("released");
    }

    @Test
    void keptTensorGoesToTheEnclosingScope() {
        Tensor x;
        try (var outer = Scope.open("outer")) {
            assertThat(outer.name()).isEqualTo("outer");
            try (var inner = Scope.open("inner")) {
                x = inner.keep(Tensor.ones(2).add(1));
            }
            assertThat(x.toFloatArray()).containsExactly(2, 2);
        }
        assertThatThrownBy(() -> x.add(1)).hasMessageContaining("scope 'outer'");
    }

    @Test
    void keptTensorOutlivesTheOutermostScope() {
        Tensor x;
        try (var scope = Scope.open()) {
            x = scope.keep(Tensor.ones(2));
        }
        assertThat(x.toFloatArray()).containsExactly(1, 1);
    }

    @Test
    void viewLivesAsLongAsItsBuffer() {
        Tensor view;
        try (var scope = Scope.open()) {
            view = scope.keep(Tensor.arange(6).reshape(2, 3).select(0, 1));
        }
        assertThat(view.toLongArray()).containsExactly(3, 4, 5);
    }

    @Test
    void closingOutOfOrderIsAnError() {
        Scope outer = Scope.open("outer");
        Scope inner = Scope.open("inner");
        assertThatThrownBy(outer::close).isInstanceOf(TensorException.class).hasMessageContaining("outer");
        inner.close();
        outer.close();
    }

    @Test
    void scopesOfThreadsAreApart() throws InterruptedException {
        try (var ignored = Scope.open("main")) {
            Tensor[] made = new Tensor[1];
            Thread thread = Thread.ofVirtual().start(() -> made[0] = Tensor.ones(4));
            thread.join();
            assertThat(Scope.adopt(made[0]).sum().item()).isEqualTo(4);
        }
    }

    @Test
    void recordKeepsWhatItNeedsAfterTheScopeClosed() {
        Tensor w = Autograd.watch(Tensor.of(2f, 3f).keep());
        Tensor loss;
        try (var scope = Scope.open("forward")) {
            loss = scope.keep(w.square().exp().sum());
        }
        float[] gradient = Autograd.gradients(loss).of(w).toFloatArray();
        assertThat(gradient[0]).isCloseTo((float) (4 * Math.exp(4)), Percentage.withPercentage(0.001));
    }

    @Test
    void gradientsBelongToTheScopeOfTheCall() {
        Tensor w = Autograd.watch(Tensor.of(2f, 3f).keep());
        Tensor gradient;
        try (var ignored = Scope.open("step")) {
            gradient = Autograd.gradients(w.mul(w).sum()).of(w);
            assertThat(gradient.toFloatArray()).containsExactly(4, 6);
        }
        assertThatThrownBy(() -> gradient.add(1)).hasMessageContaining("scope 'step'");
    }
}
