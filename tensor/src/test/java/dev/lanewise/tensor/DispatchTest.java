package dev.lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.spi.Storage;
import org.junit.jupiter.api.Test;

/** What methods of tensors do before and after a backend computes. */
class DispatchTest {
    private final Tensor matrix = Tensor.ones(2, 3);

    @Test
    void messageNamesOperationOperandsAndRemedy() {
        assertThatThrownBy(() -> matrix.add(Tensor.ones(2)))
                .isInstanceOf(TensorException.class)
                .hasMessage("add: shapes don't broadcast: [2, 3] and [2] (3 != 2 in dimension -1);"
                        + " reshape or expand one of them?");
        assertThatThrownBy(() -> matrix.add(matrix.to(DType.I64)))
                .hasMessage("add: mixed types: F32[2, 3] x I64[2, 3] (F32 and I64);"
                        + " cast one with to(DType.F32) or to(DType.I64)");
        assertThatThrownBy(() -> matrix.to(DType.I64).exp()).hasMessageContaining("cast with to(DType.F32)");
    }

    @Test
    void viewsShareMemoryAndCopiesDoNot() {
        Tensor transposed = matrix.transpose();
        assertThat(transposed.shape()).isEqualTo(Shape.of(3, 2));
        assertThat(transposed.strides()).containsExactly(1, 3);
        assertThat(transposed.isContiguous()).isFalse();
        assertThat(Storage.buffer(transposed)).isSameAs(Storage.buffer(matrix));
        assertThat(Storage.offset(matrix.select(0, 1))).isEqualTo(3);
        assertThat(Storage.buffer(transposed.contiguous())).isNotSameAs(Storage.buffer(matrix));
        assertThat(matrix.contiguous()).isSameAs(matrix);
    }

    @Test
    void arraysKeepTheirTypeAndShape() {
        assertThat(Tensor.of(new double[][] {{1, 2, 3}}).spec()).hasToString("F64[1, 3]");
        assertThat(Tensor.of(new long[] {1, 2}).spec()).hasToString("I64[2]");
        assertThat(Tensor.of(new boolean[][] {{true}, {false}}).spec()).hasToString("BOOL[2, 1]");
        assertThat(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).toFloatArray()).containsExactly(1, 2, 3, 4);
        assertThatThrownBy(() -> Tensor.of(new float[] {1, 2, 3}, 2, 2)).isInstanceOf(TensorException.class);
    }

    @Test
    void itemIsOfOneElement() {
        assertThat(Tensor.of(new double[] {4}).item()).isEqualTo(4);
        assertThatThrownBy(matrix::item).isInstanceOf(TensorException.class).hasMessageContaining("F32[2, 3]");
    }

    @Test
    void wholeNumbersBesideIntegersAreNeverCut() {
        Tensor bytes = matrix.to(DType.U8);
        assertThatThrownBy(() -> bytes.add(256))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("256")
                .hasMessageContaining("from 0 to 255");
        assertThatThrownBy(() -> bytes.mul(0.5)).hasMessageContaining("0.5 is not an element of U8");
    }

    @Test
    void tensorsOfADeviceWithoutBackendCannotBeMade() {
        assertThatThrownBy(() -> matrix.to(Device.cuda(999))).isInstanceOf(BackendUnavailableException.class);
    }
}
