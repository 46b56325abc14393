package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StatisticsTest {
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16", "F32", "F64"})
    void logarithmOfTheSumOfNothing(DType dtype) {
        Tensor none = Autograd.watch(Tensor.zeros(dtype, 2, 0));
        Tensor rows = none.logSumExp(1);
        assertThat(rows.toDoubleArray()).containsExactly(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY);
        assertThat(none.logSumExp(1, Keep.KEEP).shape()).isEqualTo(Shape.of(2, 1));
        assertThat(none.logSumExp(0).shape()).isEqualTo(Shape.of(0));
        assertThat(none.logSumExp().item()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Autograd.gradients(rows.to(DType.F32).sum()).of(none).shape())
                .isEqualTo(Shape.of(2, 0));
    }
}
