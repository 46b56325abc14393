package dev.lanewise.nn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rotary positions with settings of their own, shared keys, and attention position by position. */
final class AttentionTest {
    private static void assertClose(Tensor found, Tensor expected) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        assertThat(found.contiguous().flatten().toDoubleArray())
                .containsExactly(expected.contiguous().flatten().toDoubleArray(), within(1e-12));
    }

    @Test
    void sequencesOfOtherShapesAreNamed() {
        MultiHeadAttention attention = new MultiHeadAttention(8, 2);
        Tensor x = Tensor.ones(2, 3, 8);
        assertThatThrownBy(() -> attention.forward(Tensor.ones(3, 8)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("attention: input F32[3, 8] (expected [n, time, 8])");
        assertThatThrownBy(() -> attention.crossAttention(x, Tensor.ones(2, 3, 4), null))
                .hasMessageStartingWith("attention: memory F32[2, 3, 4] (expected [n, time, 8])");
        assertThatThrownBy(() -> new SinusoidalPositions(5, 8).forward(Tensor.ones(2, 3, 1)))
                .hasMessageStartingWith("sinusoidal_positions: input F32[2, 3, 1] (expected [..., time, 8])");
        assertThatThrownBy(() -> new LearnedPositions(5, 8).forward(Tensor.ones(2, 3, 1)))
                .hasMessageStartingWith("learned_positions: input F32[2, 3, 1] (expected [..., time, 8])");
    }

    @Test
    void pairsAreTurnedByPositionBaseAndScaling() {
        RotaryPositions rotary = new RotaryPositions(50, 4, 500, 2);
        Tensor x = new Rng(1).randn(DType.F64, 3, 4);
        double[] in = x.toDoubleArray();
        double[] out = rotary.forward(x, 7).toDoubleArray();
        for (int t = 0; t < 3; t++) {
            for (int i = 0; i < 2; i++) {
                double angle = (7 + t) / 2.0 * Math.pow(500, -2.0 * i / 4);
                double a = in[4 * t + i];
                double b = in[4 * t + i + 2];
                assertThat(out[4 * t + i]).isCloseTo(a * Math.cos(angle) - b * Math.sin(angle), within(1e-12));
                assertThat(out[4 * t + i + 2]).isCloseTo(b * Math.cos(angle) + a * Math.sin(angle), within(1e-12));
            }
        }
        assertClose(new RotaryPositions(9, 4).forward(x), Positions.rotary(x));
        assertThat(rotary).hasToString("RotaryPositions(50, 4, base=500.0, scaling=2.0)");
        assertThat(new RotaryPositions(50, 4)).hasToString("RotaryPositions(50, 4)");
        assertClose(
                rotary.forward(x, 47),
                rotary.forward(Tensor.cat(0, Tensor.zeros(DType.F64, 47, 4), x)).narrow(0, 47, 3));
        for (long first : new long[] {-1, 48, 51, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> rotary.forward(x, first)).isInstanceOf(TensorException.class);
        }
        assertThatThrownBy(() -> new RotaryPositions(9, 4, 0, 1)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> new RotaryPositions(9, 4, 10_000, Double.NaN)).isInstanceOf(TensorException.class);
    }

    private static MultiHeadAttention attention(int keyHeads) {
        MultiHeadAttention attention =
                new MultiHeadAttention(8, 4, keyHeads, new RotaryPositions(16, 2), 0, new Rng(2));
        attention.to(DType.F64);
        attention.namedParameters().get("in_proj_bias").tensor().assign(new Rng(3).randn(DType.F64, 8 + 4 * keyHeads));
        return attention;
    }

    /** Each head of keys as often as heads of queries share it. */
    private static MultiHeadAttention repeated(MultiHeadAttention shared, int keyHeads) {
        MultiHeadAttention repeated = attention(4);
        for (String name : new String[] {"in_proj_weight", "in_proj_bias"}) {
            Tensor own = shared.namedParameters().get(name).tensor();
            Tensor[] rows = new Tensor[12];
            for (int head = 0; head < 4; head++) {
                int key = head * keyHeads / 4;
                rows[head] = own.narrow(0, 2L * head, 2);
                rows[4 + head] = own.narrow(0, 8 + 2L * key, 2);
                rows[8 + head] = own.narrow(0, 8 + 2L * keyHeads + 2L * key, 2);
            }
            repeated.namedParameters().get(name).tensor().assign(Tensor.cat(0, rows));
        }
        for (String name : new String[] {"out_proj.weight", "out_proj.bias"}) {
            repeated.namedParameters()
                    .get(name)
                    .tensor()
                    .assign(shared.namedParameters().get(name).tensor());
        }
        return repeated;
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "4"})
    void sharedKeysAreRepeatedOnes(int keyHeads) {
        MultiHeadAttention shared = attention(keyHeads);
        MultiHeadAttention repeated = repeated(shared, keyHeads);
        Tensor x = new Rng(4).randn(DType.F64, 2, 5, 8);
        Tensor memory = new Rng(5).randn(DType.F64, 2, 3, 8);
        assertClose(shared.forward(x), repeated.forward(x));
        assertClose(shared.selfAttention(x, null, true), repeated.selfAttention(x, null, true));
        for (Tensor mask : new Tensor[] {
            new Rng(6).randn(DType.F64, 5, 5),
            new Rng(6).randn(DType.F64, 4, 5, 5),
            new Rng(6).randn(DType.F64, 2, 4, 5, 5),
            MultiHeadAttention.paddingMask(
                    Tensor.of(new boolean[] {false, false, false, true, true, false, false, false, false, true}, 2, 5))
        }) {
            assertClose(shared.selfAttention(x, mask, false), repeated.selfAttention(x, mask, false));
        }
        assertClose(shared.crossAttention(x, memory, null), repeated.crossAttention(x, memory, null));
        assertThat(shared.units()).hasSize(keyHeads == 4 ? 1 : 0);
    }

    @Test
    void sharedKeysHaveGradients() {
        MultiHeadAttention shared = attention(2);
        GradCheck.first(
                in -> new Tensor[] {shared.selfAttention(in[0], null, true)}, new Rng(7).randn(DType.F64, 1, 3, 8));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "4, 1", "2, 3", "4, 5"})
    void positionByPositionIsTheWhole(int keyHeads, int step) {
        MultiHeadAttention attention = attention(keyHeads);
        Tensor x = new Rng(8).randn(DType.F64, 2, 15, 8);
        Tensor mask = new Rng(9).randn(DType.F64, 2, 1, 15, 15);
        for (Tensor given : new Tensor[] {null, mask}) {
            Tensor whole = attention.selfAttention(x, given, true);
            try (AttentionCache cache = new AttentionCache()) {
                for (int from = 0; from < 15; from += step) {
                    int first = from;
                    try (Scope token = Scope.open("token")) {
                        Tensor part = given == null
                                ? null
                                : given.narrow(2, first, step).narrow(3, 0, first + step);
                        Tensor y =
                                Autograd.noGrad(() -> attention.selfAttention(x.narrow(1, first, step), part, cache));
                        assertClose(y, whole.narrow(1, first, step));
                    }
                }
                assertThat(cache.length()).isEqualTo(15);
                cache.close();
                assertThat(cache.length()).isZero();
                assertClose(Autograd.noGrad(() -> attention.selfAttention(x, given, cache)), whole);
            }
        }
    }

    @Test
    void aCacheGrowsBeyondABlockAndKnowsItsBatch() {
        MultiHeadAttention attention = new MultiHeadAttention(4, 2, new Rng(1));
        Tensor x = new Rng(2).randn(1, 200, 4);
        try (AttentionCache cache = new AttentionCache()) {
            Tensor y = Autograd.noGrad(() -> {
                Tensor last = null;
                for (int from = 0; from < 200; from += 40) {
                    last = attention.selfAttention(x.narrow(1, from, 40), null, cache);
                }
                return last;
            });
            assertThat(y.flatten().toFloatArray())
                    .containsExactly(
                            attention
                                    .selfAttention(x, null, true)
                                    .narrow(1, 160, 40)
                                    .flatten()
                                    .toFloatArray(),
                            within(1e-6f));
            assertThatThrownBy(() -> Autograd.noGrad(() -> attention.selfAttention(Tensor.zeros(2, 1, 4), null, cache)))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("a cache for each batch");
            assertThatThrownBy(() -> attention.selfAttention(x.narrow(1, 0, 1), null, cache))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("noGrad");
        }
        assertThatThrownBy(() -> new MultiHeadAttention(8, 4, 3, null, 0, new Rng(1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("3 heads of keys");
    }
}
