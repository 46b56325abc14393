package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.ScatterReduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Philox;
import org.junit.jupiter.api.Test;

/** The oracle against values worked out by hand. */
class OracleTest {
    @Test
    void servesTheCpuWhereNothingElseDoes() {
        assertThat(Backends.of(Device.CPU).describe().name()).isEqualTo("reference");
    }

    @Test
    void elementsOfAViewAreReadAndWrittenThroughItsStrides() {
        Tensor x = Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}});
        Elements column = Elements.of(x.select(1, 2));
        assertThat(column.real(1)).isEqualTo(6);
        column.set(9.0, 0);
        assertThat(x.toFloatArray()).containsExactly(1, 2, 9, 4, 5, 6);
    }

    @Test
    void bfloat16RoundsHalvesToEven() {
        assertThat(Elements.floatToBfloat16(Float.intBitsToFloat(0x3F808000))).isEqualTo((short) 0x3F80);
        assertThat(Elements.floatToBfloat16(Float.intBitsToFloat(0x3F818000))).isEqualTo((short) 0x3F82);
        assertThat(Elements.floatToBfloat16(Float.MAX_VALUE)).isEqualTo((short) 0x7F80);
        assertThat(Float.intBitsToFloat(Elements.floatToBfloat16(Float.NaN) << 16))
                .isNaN();
    }

    /** Known answers of Random123 1.14: counter and key of zeros. */
    @Test
    void philoxGivesItsKnownAnswers() {
        assertThat((int) Philox.low(0, 0)).isEqualTo(0x6627e8d5);
        assertThat((int) (Philox.low(0, 0) >>> 32)).isEqualTo(0xe169c58d);
        assertThat((int) Philox.high(0, 0)).isEqualTo(0xbc57ac4c);
        assertThat((int) (Philox.high(0, 0) >>> 32)).isEqualTo(0x9b00dbd8);
    }

    @Test
    void convolutionSumsProductsUnderTheWindow() {
        Tensor x = Tensor.arange(9).to(DType.F32).reshape(1, 1, 3, 3);
        Tensor w = Tensor.of(new float[] {1, 0, 0, 2}, 1, 1, 2, 2);
        assertThat(x.conv2d(w, null).toFloatArray()).containsExactly(8, 11, 17, 20);
        assertThat(x.conv2d(w, null, Window.of(2).stride(2).padding(1), 1).toFloatArray())
                .containsExactly(0, 4, 12, 20);
    }

    @Test
    void averagePoolingInCeilModeCutsTheLastWindow() {
        Tensor x = Tensor.arange(5).to(DType.F32).reshape(1, 1, 1, 5);
        Window pool = Window.of(1, 2).ceil();
        assertThat(x.avgPool2d(pool, true).toFloatArray()).containsExactly(0.5f, 2.5f, 4);
    }

    @Test
    void sortIsStableWithNanLast() {
        Tensor x = Tensor.of(2f, Float.NaN, -0f, 0f, 1f);
        assertThat(x.sort(0, false).indices().toLongArray()).containsExactly(2, 3, 4, 0, 1);
        assertThat(x.sort(0, true).indices().toLongArray()).containsExactly(1, 0, 4, 2, 3);
        assertThat(x.argmin(0).itemLong()).isEqualTo(1);
    }

    @Test
    void decompositionsOfMatricesMultiplyBack() {
        Tensor a = Tensor.of(new double[] {4, 2, 2, 2, 5, 3, 2, 3, 6}, 3, 3);
        Tensor l = a.cholesky();
        assertThat(l.matmul(l.transpose()).sub(a).abs().amax().item()).isLessThan(1e-12);
        assertThat(a.det().item()).isCloseTo(64, offset(1e-10));
        assertThat(a.inverse()
                        .matmul(a)
                        .sub(Tensor.eye(3, DType.F64, Device.CPU))
                        .abs()
                        .amax()
                        .item())
                .isLessThan(1e-12);
        assertThatThrownBy(() -> a.neg().cholesky())
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("positive definite");
    }

    /** Numbers of 16 bits are computed in F32, where a product of a few of them has room. */
    @Test
    void productsOfHalvesMayLeaveTheirRangeOnTheWay() {
        Tensor x = Tensor.of(new float[] {65504, 65504}, 2).to(DType.F16);
        Tensor by = Tensor.of(new float[] {65504, 0, 65504, 0x1p-17f}, 4).to(DType.F16);
        Tensor at = Tensor.of(new long[] {0, 0, 1, 1}, 4);
        float[] products = x.scatterReduce(ScatterReduction.PROD, 0, at, by, true)
                .to(DType.F32)
                .toFloatArray();
        assertThat(products).containsExactly(0, 32736);
    }

    @Test
    void positionsOutsideAreAnErrorThatNamesThem() {
        Tensor x = Tensor.zeros(3, 2);
        assertThatThrownBy(() -> x.indexSelect(0, Tensor.of(new long[] {3}, 1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("index_select: position 3 is outside a dimension of size 3");
    }
}
