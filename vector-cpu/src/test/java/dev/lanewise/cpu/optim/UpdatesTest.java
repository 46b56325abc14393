package dev.lanewise.cpu.optim;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.testkit.Elements;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UpdatesTest {
    private final Random random = new Random(8);

    @Test
    void sgdEqualsTheOracle() {
        for (boolean nesterov : new boolean[] {false, true}) {
            for (boolean first : new boolean[] {false, true}) {
                for (double momentum : new double[] {0, 0.9}) {
                    for (double decay : new double[] {0, 0.1}) {
                        Update.SgdStep op = new Update.SgdStep(0.1, momentum, 0.2, decay, nesterov, first);
                        each(op);
                    }
                }
            }
        }
    }

    @Test
    void adamEqualsTheOracle() {
        for (boolean decoupled : new boolean[] {false, true}) {
            for (double decay : new double[] {0, 0.1}) {
                for (long step : new long[] {1, 2, 1000}) {
                    each(new Update.AdamStep(0.01, 0.9, 0.999, 1e-8, decay, decoupled, step));
                }
            }
        }
    }

    private void each(Update op) {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (Layout layout : Layout.values()) {
                for (long n : new long[] {1, 10, 33, layout == Layout.STRIDED && dtype == DType.F32 ? 9000 : 40}) {
                    Tensor[] inputs = new Tensor[2 * op.operands()];
                    for (int i = 0; i < inputs.length; i++) {
                        inputs[i] = random(random, dtype, i % op.operands() == 1 ? layout : Layout.DENSE, n, 2);
                        if (i % op.operands() == 3) {
                            makePositive(inputs[i]);
                        }
                    }
                    check(op, (in, out) -> run(op, in, out), dtype == DType.F32 ? 1e-5 : 1e-13, inputs);
                }
            }
        }
    }

    @Test
    void withoutWeightDecayAnInfiniteParameterStaysSo() {
        double infinite = Double.POSITIVE_INFINITY;
        List<Update> steps = List.of(
                new Update.SgdStep(0.1, 0, 0, 0, false, false),
                new Update.SgdStep(0.1, 0.9, 0, 0, false, true),
                new Update.SgdStep(0.1, 0.9, 0, 0, false, false),
                new Update.SgdStep(0.1, 0.9, 0, 0, true, true),
                new Update.SgdStep(0.1, 0.9, 0, 0, true, false),
                new Update.AdamStep(0.1, 0.9, 0.99, 1e-8, 0, false, 1),
                new Update.AdamStep(0.1, 0.9, 0.99, 1e-8, 0.1, true, 1));
        for (Update op : steps) {
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                Tensor[] inputs = new Tensor[op.operands()];
                inputs[0] = Tensor.of(new double[] {infinite, 1, -infinite}).to(dtype);
                for (int i = 1; i < inputs.length; i++) {
                    inputs[i] = Tensor.of(new double[] {1, 1, 1}).to(dtype);
                }
                check(op, (in, out) -> run(op, in, out), dtype == DType.F32 ? 1e-5 : 1e-13, inputs);
                Tensor[] results = OpCheck.results(op, inputs);
                run(op, inputs, results);
                double[] changed = results[0].toDoubleArray();
                assertThat(changed[0]).as("%s of %s", op, dtype).isEqualTo(infinite);
                assertThat(changed[1]).as("%s of %s", op, dtype).isLessThan(1);
                assertThat(changed[2]).as("%s of %s", op, dtype).isEqualTo(-infinite);
            }
        }
    }

    @Test
    void stepsUpdateTheirOperandsInPlace() {
        Update op = new Update.AdamStep(0.01, 0.9, 0.999, 1e-8, 0.1, true, 3);
        Tensor[] inputs = new Tensor[4];
        for (int i = 0; i < 4; i++) {
            inputs[i] = random(random, DType.F32, Layout.DENSE, 100);
        }
        makePositive(inputs[3]);
        Tensor[] apart = OpCheck.results(op, inputs);
        run(op, inputs, apart);
        Tensor[] same = {inputs[0], inputs[2], inputs[3]};
        run(op, inputs, same);
        for (int i = 0; i < 3; i++) {
            OpCheck.close("result " + i, same[i], apart[i], 0);
        }
    }

    private static void makePositive(Tensor tensor) {
        Elements elements = Elements.of(tensor);
        for (long i = 0; i < elements.count(); i++) {
            elements.set(Math.abs(elements.real(elements.index(i))), elements.index(i));
        }
    }

    private static void run(Update op, Tensor[] inputs, Tensor[] outputs) {
        switch (op) {
            case Update.SgdStep sgd -> Updates.run(sgd, inputs, outputs);
            case Update.AdamStep adam -> Updates.run(adam, inputs, outputs);
        }
    }
}
