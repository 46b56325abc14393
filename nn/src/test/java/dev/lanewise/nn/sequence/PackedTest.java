package dev.lanewise.nn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sequences of different lengths give what each gives by itself. */
final class PackedTest {
    private static final long[] LENGTHS = {4, 1, 3};

    private static Stream<Recurrent> networks() {
        return Stream.of(true, false)
                .flatMap(both -> Stream.of(
                        new RNN(3, 5, 2, both, 0, new Rng(1)),
                        new GRU(3, 5, 2, both, 0, new Rng(1)),
                        new LSTM(3, 5, 2, both, 0, new Rng(1))));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void eachSequenceIsAsIfItWereAlone(Recurrent network) {
        network.to(DType.F64);
        Tensor x = new Rng(2).randn(DType.F64, 3, 4, 3);
        Recurrent.Steps steps = network.steps(x, Tensor.of(LENGTHS));
        Recurrent.Result packed = network.run(x, Tensor.of(LENGTHS));
        for (int i = 0; i < LENGTHS.length; i++) {
            Recurrent.Result alone = network.run(x.narrow(0, i, 1).narrow(1, 0, LENGTHS[i]));
            close(packed.output().narrow(0, i, 1).narrow(1, 0, LENGTHS[i]), alone.output());
            close(steps.output().narrow(0, i, 1).narrow(1, 0, LENGTHS[i]), alone.output());
            close(packed.hidden().narrow(1, i, 1), alone.hidden());
            if (alone.cell() != null && packed.cell() != null && steps.cells() != null) {
                close(packed.cell().narrow(1, i, 1), alone.cell());
                // the forward direction's last cell state is that of the last step
                close(
                        steps.cells().select(0, i).select(0, LENGTHS[i] - 1).narrow(0, 0, 5),
                        alone.cell()
                                .select(0, alone.cell().shape().size(0) == 2 ? 1 : 2)
                                .select(0, 0));
            }
            assertThat(packed.output()
                            .select(0, i)
                            .narrow(0, LENGTHS[i], 4 - LENGTHS[i])
                            .toDoubleArray())
                    .isEqualTo(
                            new double
                                    [Math.toIntExact((4 - LENGTHS[i])
                                            * packed.output().shape().size(2))]);
        }
        assertThat(steps.cells() != null).isEqualTo(network instanceof LSTM);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void eachSequenceBeginsWithItsGivenStates(Recurrent network) {
        network.to(DType.F64);
        Tensor x = new Rng(2).randn(DType.F64, 3, 4, 3);
        Recurrent.Result before = network.run(new Rng(4).randn(DType.F64, 3, 2, 3));
        Recurrent.Result packed = network.run(x, Tensor.of(LENGTHS), before);
        Recurrent.Steps steps = network.steps(x, Tensor.of(LENGTHS), before);
        close(steps.output(), packed.output());
        for (int i = 0; i < LENGTHS.length; i++) {
            Tensor hidden = before.hidden().narrow(1, i, 1);
            Recurrent.Result own = before.cell() == null
                    ? Recurrent.Result.states(hidden)
                    : Recurrent.Result.states(hidden, before.cell().narrow(1, i, 1));
            Recurrent.Result alone = network.run(x.narrow(0, i, 1).narrow(1, 0, LENGTHS[i]), own);
            close(packed.output().narrow(0, i, 1).narrow(1, 0, LENGTHS[i]), alone.output());
            close(packed.hidden().narrow(1, i, 1), alone.hidden());
            if (packed.cell() != null && alone.cell() != null) {
                close(packed.cell().narrow(1, i, 1), alone.cell());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void paddingHasNoGradient(Recurrent network) {
        Tensor x = Autograd.watch(new Rng(2).randn(DType.F32, 3, 4, 3));
        Gradients gradients = Autograd.gradients(
                network.run(x, Tensor.of(LENGTHS)).output().square().sum());
        Tensor gradient = gradients.of(x);
        assertThat(gradient.select(0, 1).narrow(0, 1, 3).toFloatArray()).containsOnly(0);
        assertThat(gradient.select(0, 1).select(0, 0).toFloatArray()).doesNotContain(0);
        network.parameters().forEach(p -> assertThat(gradients.has(p.leaf())).isTrue());
    }

    private static void close(Tensor got, Tensor want) {
        assertThat(got.toDoubleArray()).containsExactly(want.toDoubleArray(), within(1e-12));
    }

    @Test
    void statesOfOthersAreAnError() {
        GRU gru = new GRU(3, 5);
        Tensor x = Tensor.ones(1, 4, 3);
        for (Recurrent.Result before : List.of(
                gru.run(Tensor.ones(2, 4, 3)),
                new GRU(3, 5, 2, false, 0).run(x),
                new GRU(3, 5, 1, true, 0).run(x),
                new GRU(3, 4).run(x))) {
            assertThatThrownBy(() -> gru.run(x, before))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("gru: states " + before.hidden().spec())
                    .hasMessageContaining("(expected [1, 1, 5])");
            assertThatThrownBy(() -> gru.run(x, Tensor.of(4), before))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("gru: states " + before.hidden().spec());
        }
        LSTM lstm = new LSTM(3, 5);
        assertThatThrownBy(() -> lstm.steps(x, Tensor.of(4), gru.run(x)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no cell states");
        assertThat(gru.run(x, gru.run(x)).output().shape()).isEqualTo(Shape.of(1, 4, 5));
    }

    @Test
    void lengthsOfAnotherNumberAreAnError() {
        GRU gru = new GRU(3, 5);
        assertThatThrownBy(() -> gru.run(Tensor.ones(2, 4, 3), Tensor.of(LENGTHS)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("one length for each sequence");
        assertThatThrownBy(() -> gru.run(Tensor.ones(2, 4, 3), Tensor.of(4, 0)))
                .hasMessage("gru: length 0 of sequence 1 (expected 1 to 4, the times of the input); check the lengths");
        assertThatThrownBy(() -> gru.run(Tensor.ones(2, 4, 3), Tensor.of(5, 4)))
                .hasMessageStartingWith("gru: length 5 of sequence 0");
        assertThatThrownBy(() -> gru.run(Tensor.ones(2, 4, 2), Tensor.of(4, 4)))
                .hasMessageStartingWith("gru: input F32[2, 4, 2] (expected [n, time, 3])");
        assertThatThrownBy(() -> gru.run(Tensor.ones(0, 0, 3), Tensor.zeros(DType.I64, 0)))
                .hasMessageStartingWith("gru: input F32[0, 0, 3] has no times");
        assertThatThrownBy(() -> gru.forward(Tensor.ones(4, 3)))
                .hasMessageStartingWith("gru: input F32[4, 3] (expected [n, time, 3])");
    }

    /** As where padding is what was in memory before. */
    @ParameterizedTest
    @MethodSource("networks")
    void paddingMayBeAnything(Recurrent network) {
        Tensor zeros = new Rng(2).randn(DType.F32, 3, 4, 3);
        Tensor within = Tensor.arange(4).lt(Tensor.of(LENGTHS).unsqueeze(1)).unsqueeze(2);
        Tensor nan = within.where(zeros, zeros.zerosLike().add(Double.NaN));
        Gradients expected = gradients(network, within.where(zeros, zeros.zerosLike()));
        Gradients got = gradients(network, nan);
        network.parameters()
                .forEach(p -> assertThat(got.of(p.leaf()).toFloatArray())
                        .containsExactly(expected.of(p.leaf()).toFloatArray()));
    }

    private static Gradients gradients(Recurrent network, Tensor x) {
        return Autograd.gradients(
                network.run(x, Tensor.of(LENGTHS)).output().square().sum());
    }
}
