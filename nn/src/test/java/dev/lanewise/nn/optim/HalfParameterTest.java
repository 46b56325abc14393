package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parameters of F16, in which an epsilon of 1e-8 and squares of small gradients are 0. */
final class HalfParameterTest {
    /** The second step's gradient is 0, where the first one's square was lost in F16. */
    private static final float[][] SCALES = {{0, 1e-4f, 1, -1e-4f}, {0, 0, 1, 1e-4f}, {1e-4f, 0, -2, 0}};

    record Kind(String name, Function<List<Parameter>, Optimizer> make) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Kind> kinds() {
        return Stream.of(
                new Kind("sgd", p -> new Sgd(p, 0.01, Sgd.Options.momentum(0.9))),
                new Kind("adam", p -> new Adam(p, 0.01)),
                new Kind("adamw", p -> new Adam(p, 0.01, Adam.Options.adamW())),
                new Kind("amsgrad", p -> new AmsGrad(p, 0.01)),
                new Kind("nadam", p -> new NAdam(p, 0.01)),
                new Kind("radam", p -> new RAdam(p, 0.01)),
                new Kind("adamax", p -> new Adamax(p, 0.01)),
                new Kind("adagrad", p -> new Adagrad(p, 0.01)),
                new Kind("adadelta", p -> new Adadelta(p, 0.01)),
                new Kind("rmsprop", p -> new RmsProp(p, 0.01)),
                new Kind("lion", p -> new Lion(p, 0.01)),
                new Kind("muon", p -> new Muon(p, 0.01)),
                new Kind("sparse adam", p -> new SparseAdam(p, 0.01)),
                new Kind("lbfgs", p -> new Lbfgs(p, 0.01, new Lbfgs.Options(1, 1, 1e-7, 1e-9, 3, false))));
    }

    private static Parameter parameter() {
        return new Parameter(Tensor.of(new float[] {0.5f, -0.5f, 1, 2}, 2, 2).to(DType.F16));
    }

    private static Gradients gradients(Parameter p, int step) {
        Tensor scale = Tensor.of(SCALES[step], 2, 2).to(p.leaf().dtype());
        return Autograd.gradients(p.tensor().mul(scale).sum());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void stepsAreThoseOfSinglePrecisionRounded(Kind kind) {
        Parameter half = parameter();
        Parameter single = new Parameter(Autograd.detach(half.leaf()).to(DType.F32));
        Optimizer a = kind.make.apply(List.of(half));
        Optimizer b = kind.make.apply(List.of(single));
        for (int step = 0; step < SCALES.length; step++) {
            a.step(gradients(half, step));
            Tensor gradient = gradients(half, step).of(half.leaf()).to(DType.F32);
            b.step(Autograd.gradients(single.tensor().mul(gradient).sum()));
            single.leaf().assign(Autograd.detach(single.leaf()).to(DType.F16).to(DType.F32));
            assertThat(half.leaf().toDoubleArray())
                    .as("step %d", step)
                    .containsExactly(single.leaf().toDoubleArray());
        }
        assertThat(half.leaf().dtype()).isEqualTo(DType.F16);
        for (double value : half.leaf().toDoubleArray()) {
            assertThat(value).isFinite();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void savedStateGoesOnBitForBit(Kind kind) {
        Parameter whole = parameter();
        Optimizer optimizer = kind.make.apply(List.of(whole));
        optimizer.step(gradients(whole, 0));
        optimizer.step(gradients(whole, 1));
        Map<String, Tensor> saved = new LinkedHashMap<>();
        optimizer.stateDict().forEach((name, tensor) -> saved.put(name, tensor.copy()));
        Parameter half = new Parameter(Autograd.detach(whole.leaf()).copy());
        Optimizer resumed = kind.make.apply(List.of(half));
        resumed.loadStateDict(saved, optimizer.steps());
        optimizer.step(gradients(whole, 2));
        resumed.step(gradients(half, 2));
        assertThat(half.leaf().toFloatArray()).containsExactly(whole.leaf().toFloatArray());
        saved.forEach((name, tensor) -> {
            if (!StepCounts.isCount(name)) {
                assertThat(tensor.dtype()).as(name).isEqualTo(DType.F32);
            }
        });
    }

    @Test
    void rowsOfTablesAreTrainedLikeWholeOnes() {
        List<Kind> kinds = List.of(
                new Kind("sgd", p -> new Sgd(p, 0.01)),
                new Kind("adagrad", p -> new Adagrad(p, 0.01)),
                new Kind("sparse adam", p -> new SparseAdam(p, 0.01)));
        Tensor index = Tensor.of(1L, 0L, 1L);
        Tensor scale =
                Tensor.of(new float[] {1e-4f, 0, -1e-4f, 1, 0, 1e-4f}, 3, 2).to(DType.F16);
        for (Kind kind : kinds) {
            Parameter rows = Parameter.byRows(Autograd.detach(parameter().leaf()));
            Parameter whole = parameter();
            for (Parameter p : List.of(rows, whole)) {
                Optimizer optimizer = kind.make.apply(List.of(p));
                for (int step = 0; step < 3; step++) {
                    optimizer.step(Autograd.gradients(
                            p.tensor().embedding(index).mul(scale).sum()));
                }
            }
            assertThat(rows.leaf().toFloatArray())
                    .as(kind.name)
                    .containsExactly(whole.leaf().toFloatArray());
        }
    }
}
