package dev.lanewise.nn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.profile.Profile;
import dev.lanewise.nn.profile.Profiler;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EmbeddingBagTest {
    /** Padded to the longest, 500 bags with rows of 16 numbers would have 1 GiB of rows. */
    @Test
    void aLongBagAmongShortOnesTakesMemoryByItsNumbers() {
        int bags = 500;
        int longest = 16_384;
        long[] offsets = new long[bags];
        for (int i = 1; i < bags; i++) {
            offsets[i] = longest + i - 1L;
        }
        Rng rng = new Rng(1);
        Tensor numbers = rng.randint(0, 100, longest + bags - 1);
        Parameter table = Parameter.byRows(rng.randn(DType.F64, 100, 16));
        for (EmbeddingBag.Mode mode : List.of(EmbeddingBag.Mode.SUM, EmbeddingBag.Mode.MEAN)) {
            EmbeddingBag bag = new EmbeddingBag(table, mode, 7);
            List<double[]> results = new ArrayList<>();
            Profile profile = Profiler.record(() -> {
                Tensor y = bag.forward(numbers, offsets);
                Gradients gradients = Autograd.gradients(y.sum());
                results.add(y.toDoubleArray());
                results.add(gradients.of(table.leaf()).toDoubleArray());
            });
            assertThat(profile.memory().getFirst().peak()).isLessThan(32L << 20);
            double[] first = bag.forward(numbers.narrow(0, 0, longest).reshape(1, longest))
                    .toDoubleArray();
            Tensor rest = bag.forward(numbers.narrow(0, longest, bags - 1).reshape(bags - 1, 1));
            assertThat(results.getFirst()).hasSize(bags * 16);
            for (int i = 0; i < 16; i++) {
                assertThat(results.getFirst()[i]).isCloseTo(first[i], within(1e-9));
            }
            assertThat(Tensor.of(results.getFirst(), bags, 16)
                            .narrow(0, 1, bags - 1)
                            .toDoubleArray())
                    .containsExactly(rest.toDoubleArray());
            // the padding has no gradient, and of the others some number is in a bag of its own
            assertThat(results.getLast()[7 * 16]).isZero();
            assertThat(results.getLast()[8 * 16]).isPositive();
        }
    }

    @Test
    void numbersWithOffsetsHaveOneDimension() {
        EmbeddingBag bag = new EmbeddingBag(4, 2);
        assertThatThrownBy(() -> bag.forward(Tensor.of(new long[][] {{0, 1}, {2, 3}}), 0, 2))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected [total]");
        assertThatThrownBy(() -> bag.forward(Tensor.of(0L, 1L), 0, 3))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("offsets [0, 3]");
    }
}
