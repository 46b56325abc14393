package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An operation says that it is partial if, and only if, small finite numbers can give NaN or infinities. */
final class PartialOpsTest {
    private static final double[] SMALL = {-2.5, -2, -1.5, -1, -0.5, -0.0, 0, 0.5, 1, 1.5, 2, 2.5};

    @ParameterizedTest
    @EnumSource(Unary.class)
    void functionsOfOneOperand(Unary op) {
        if (op.dtypes().contains(DType.F32)) {
            boolean found = false;
            for (double x : SMALL) {
                found |= !Double.isFinite(op.apply(x));
            }
            assertThat(op.isPartial()).isEqualTo(found);
        }
    }

    @ParameterizedTest
    @EnumSource(Binary.class)
    void functionsOfTwoOperands(Binary op) {
        if (op.dtypes().contains(DType.F32)) {
            boolean found = false;
            for (double a : SMALL) {
                for (double b : SMALL) {
                    found |= !Double.isFinite(op.apply(a, b));
                }
            }
            assertThat(op.isPartial()).isEqualTo(found);
        }
    }

    @ParameterizedTest
    @EnumSource(UnaryWith.Kind.class)
    void functionsOfAnOperandAndANumber(UnaryWith.Kind kind) {
        boolean found = false;
        for (double a : SMALL) {
            for (double x : SMALL) {
                found |= !Double.isFinite(new UnaryWith(kind, a, 1).apply(x));
            }
        }
        assertThat(new UnaryWith(kind, 1, 1).isPartial()).isEqualTo(found);
    }
}
