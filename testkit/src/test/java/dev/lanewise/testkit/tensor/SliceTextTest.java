package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SliceTextTest {
    private static final Tensor X = Tensor.arange(24).reshape(2, 3, 4);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2:5|2 3 4",
                ":|0 1 2 3 4 5",
                "::2|0 2 4",
                "1::2|1 3 5",
                "-2:|4 5",
                ":-4|0 1",
                "4:100|4 5",
                "5:2|''",
                "::-1|5 4 3 2 1 0",
                "4:1:-1|4 3 2",
                "-2:-5:-2|4 2",
                "1::-1|1 0",
                ":3:-1|5 4",
                "100::-3|5 2"
            })
    void rangesAreThoseOfPython(String text, String expected) {
        long[] got = Tensor.arange(6).slice(text).toLongArray();
        String joined = Arrays.stream(got).mapToObj(Long::toString).collect(Collectors.joining(" "));
        assertThat(joined).isEqualTo(expected);
    }

    @Test
    void positionsDropTheirDimension() {
        assertThat(X.slice("1, -1, 0").itemLong()).isEqualTo(20);
        assertThat(X.slice("0:1, :, ::2").shape()).isEqualTo(Shape.of(1, 3, 2));
        assertThat(X.slice("1").shape()).isEqualTo(Shape.of(3, 4));
        assertThat(X.slice("1:2, :, ::2, None").shape()).isEqualTo(Shape.of(1, 3, 2, 1));
    }

    @Test
    void ellipsisAndNewDimensions() {
        assertThat(X.slice("..., 0").toLongArray()).containsExactly(0, 4, 8, 12, 16, 20);
        assertThat(X.slice("0, ..., 1:3").shape()).isEqualTo(Shape.of(3, 2));
        assertThat(X.slice("None, ...").shape()).isEqualTo(Shape.of(1, 2, 3, 4));
        assertThat(X.slice("").shape()).isEqualTo(X.shape());
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> X.slice("0, 0, 0, 0"))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("names 4 dimensions of 3");
        assertThatThrownBy(() -> X.slice("a:b")).hasMessageContaining("'a' where a number belongs");
        assertThatThrownBy(() -> X.slice("0,")).hasMessageContaining("'' where a number belongs");
        assertThatThrownBy(() -> X.slice("::0")).hasMessageContaining("step of 0");
        assertThatThrownBy(() -> X.slice("..., ...")).hasMessageContaining("two ellipses");
        assertThatThrownBy(() -> X.slice("5")).hasMessageContaining("no position 5");
    }
}
