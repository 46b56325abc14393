package dev.lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapeTest {
    private static Shape shape(String text) {
        return text.isBlank()
                ? Shape.SCALAR
                : Shape.of(List.of(text.trim().split(" ")).stream()
                        .map(Long::valueOf)
                        .toList());
    }

    @Test
    void scalarHasOneElementAndNoDimensions() {
        assertThat(Shape.of()).isSameAs(Shape.SCALAR).hasToString("[]");
        assertThat(Shape.SCALAR.rank()).isZero();
        assertThat(Shape.SCALAR.elements()).isEqualTo(1);
        assertThatThrownBy(() -> Shape.SCALAR.size(0))
                .isInstanceOf(TensorException.class)
                .hasMessage("size: no dimension 0 in shape [] (a scalar has none); unsqueeze it");
    }

    @Test
    void elementsAreTheProductOfTheSizes() {
        assertThat(Shape.of(2, 3, 4).elements()).isEqualTo(24);
        assertThat(Shape.of(2, 0, 4).elements()).isZero();
        assertThat(Shape.of(2, 0, 4).isEmpty()).isTrue();
        assertThat(Shape.of(1).isEmpty()).isFalse();
    }

    @Test
    void sizesBelowZeroAndProductsThatOverflowAreRefused() {
        assertThatThrownBy(() -> Shape.of(2, -1))
                .hasMessage("shape: negative size in [2, -1] (expected 0 or more); check the sizes");
        assertThatThrownBy(() -> Shape.of(1L << 32, 1L << 32)).hasMessageContaining("has more than 2^63 elements");
        assertThatThrownBy(() -> Shape.of(0, 1L << 32, 1L << 32))
                .as("strides of an empty shape overflow as well")
                .isInstanceOf(TensorException.class);
    }

    @Test
    void dimensionsCountFromTheEndToo() {
        Shape shape = Shape.of(2, 3, 4);
        assertThat(shape.size(-1)).isEqualTo(4);
        assertThat(shape.dim(-3, "sum")).isZero();
        assertThatThrownBy(() -> shape.dim(3, "sum"))
                .hasMessage("sum: no dimension 3 in shape [2, 3, 4] (expected -3 to 2); check the dimension");
        assertThatThrownBy(() -> shape.dim(-4, "sum")).hasMessageStartingWith("sum: no dimension -4");
    }

    @Test
    void changedShapesAreNewOnes() {
        Shape shape = Shape.of(2, 3, 4);
        assertThat(shape.with(-1, 7)).isEqualTo(Shape.of(2, 3, 7));
        assertThat(shape.without(1)).isEqualTo(Shape.of(2, 4));
        assertThat(shape.insert(3, 1)).isEqualTo(Shape.of(2, 3, 4, 1));
        assertThat(shape.insert(0, 1)).isEqualTo(Shape.of(1, 2, 3, 4));
        assertThat(shape.concat(Shape.of(5))).isEqualTo(Shape.of(2, 3, 4, 5));
        assertThat(shape.slice(1, 3)).isEqualTo(Shape.of(3, 4));
        assertThat(shape.slice(1, 1)).isEqualTo(Shape.SCALAR);
        assertThat(shape).isEqualTo(Shape.of(2, 3, 4));
        assertThatThrownBy(() -> shape.insert(4, 1)).hasMessageContaining("(expected 0 to 3)");
        assertThatThrownBy(() -> shape.slice(2, 1)).isInstanceOf(TensorException.class);
    }

    @Test
    void arraysAreCopies() {
        long[] sizes = {2, 3};
        Shape shape = Shape.of(sizes);
        sizes[0] = 9;
        shape.toArray()[1] = 9;
        assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
    }

    @Test
    void stridesAreRowMajorAndThoseOfEmptyShapesAreNotZero() {
        assertThat(Shape.of(2, 3, 4).rowMajorStrides()).containsExactly(12, 4, 1);
        assertThat(Shape.of(2, 0, 4).rowMajorStrides()).containsExactly(4, 4, 1);
        assertThat(Shape.SCALAR.rowMajorStrides()).isEmpty();
    }

    @ParameterizedTest(name = "[{0}] and [{1}] broadcast to [{2}]")
    @CsvSource({
        "2 3, 2 3, 2 3",
        "2 1, 3, 2 3",
        "'', 2 3, 2 3",
        "5 1 3, 4 1, 5 4 3",
        "0 3, 1, 0 3",
        "1, 0, 0",
        "1 1, 1, 1 1"
    })
    void broadcastAlignsTheLastDimensions(String a, String b, String expected) {
        assertThat(Shape.broadcast("add", shape(a), shape(b))).isEqualTo(shape(expected));
        assertThat(Shape.broadcast("add", shape(b), shape(a))).isEqualTo(shape(expected));
    }

    @ParameterizedTest
    @CsvSource({"2 3, 2", "0, 2", "2 3 4, 3 1 4"})
    void sizesThatDifferDoNotBroadcast(String a, String b) {
        assertThatThrownBy(() -> Shape.broadcast("add", shape(a), shape(b)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("add: shapes don't broadcast: " + shape(a) + " and " + shape(b))
                .hasMessageEndingWith("reshape or expand one of them?");
    }

    @Test
    void onlyOneSizeIsLeftOpen() {
        assertThatThrownBy(() -> Tensor.ones(2, 3).reshape(-1, 2, -1))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("reshape: F32[2, 3] to [-1, 2, -1] with more than one -1");
    }
}
