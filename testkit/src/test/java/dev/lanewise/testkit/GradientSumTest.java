package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradientSum;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import org.junit.jupiter.api.Test;

final class GradientSumTest {
    private final Tensor a = Autograd.watch(Tensor.of(1f, 2f));
    private final Tensor b = Autograd.watch(Tensor.of(3f, 4f));

    @Test
    void gradientsOfSeveralLossesAreAdded() {
        GradientSum sum = new GradientSum();
        sum.add(Autograd.gradients(a.mul(2).sum()));
        sum.add(Autograd.gradients(a.mul(b).sum()));
        assertThat(sum.gradients().of(a).toFloatArray()).containsExactly(5, 6);
        assertThat(sum.gradients().of(b).toFloatArray()).containsExactly(1, 2);
    }

    @Test
    void tensorsWithOneGradientKeepTheirOwnSums() {
        GradientSum sum = new GradientSum();
        // the gradient of a + b is one tensor for both
        sum.add(Autograd.gradients(a.add(b).sum()));
        sum.add(Autograd.gradients(a.add(b).sum()));
        assertThat(sum.gradients().of(a).toFloatArray()).containsExactly(2, 2);
        assertThat(sum.gradients().of(b).toFloatArray()).containsExactly(2, 2);
    }

    @Test
    void sumsOutliveTheScopeOfAPart() {
        GradientSum sum = new GradientSum();
        try (var ignored = Scope.open("step")) {
            for (int i = 0; i < 3; i++) {
                try (Scope part = Scope.open("part")) {
                    sum.add(Autograd.gradients(a.square().sum()));
                    part.keepAll(sum.gradients().values());
                }
            }
            assertThat(sum.gradients().of(a).toFloatArray()).containsExactly(6, 12);
        }
    }
}
