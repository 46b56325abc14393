package dev.lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypesAndDevicesTest {
    @ParameterizedTest
    @EnumSource
    void typeIsOfExactlyOneKind(DType dtype) {
        boolean bool = dtype == DType.BOOL;
        assertThat(dtype.isFloating()).isEqualTo(DType.FLOATING.contains(dtype));
        assertThat(dtype.isInteger()).isEqualTo(DType.INTEGERS.contains(dtype));
        assertThat(dtype.isFloating() ^ dtype.isInteger() ^ bool).isTrue();
        assertThat(DType.NUMBERS.contains(dtype)).isEqualTo(!bool);
        assertThat(DType.BITS.contains(dtype)).isEqualTo(!dtype.isFloating());
        assertThat(DType.ALL).contains(dtype);
    }

    @ParameterizedTest
    @CsvSource({"F64, 8", "F32, 4", "F16, 2", "BF16, 2", "I64, 8", "I32, 4", "I8, 1", "U8, 1", "BOOL, 1"})
    void elementHasItsSize(DType dtype, int bytes) {
        assertThat(dtype.bytes()).isEqualTo(bytes);
        assertThat(new TensorSpec(dtype, Shape.of(3, 5)).bytes()).isEqualTo(15L * bytes);
    }

    @Test
    void setsOfTypesCannotBeChanged() {
        assertThatThrownBy(() -> DType.FLOATING.remove(DType.F32)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void specificationSaysTypeAndShape() {
        TensorSpec spec = new TensorSpec(DType.F32, Shape.of(2, 3));
        assertThat(spec).hasToString("F32[2, 3]");
        assertThat(spec.with(DType.BOOL)).hasToString("BOOL[2, 3]");
        assertThat(spec.with(Shape.SCALAR)).hasToString("F32[]");
    }

    @Test
    void specificationsThatNoMemoryHoldsAreRefused() {
        assertThatThrownBy(() -> new TensorSpec(DType.F32, Shape.of(1L << 30, 1L << 30)))
                .hasMessage("tensor: F32[1073741824, 1073741824] has more than 2^56 elements; check the sizes");
        assertThatThrownBy(() -> new TensorSpec(DType.F32, Shape.of(0, 1L << 30, 1L << 30)))
                .isInstanceOf(TensorException.class);
        assertThat(new TensorSpec(DType.I8, Shape.of(1L << 56)).bytes()).isEqualTo(1L << 56);
    }

    @ParameterizedTest
    @CsvSource({"cpu, cpu", "' CPU ', cpu", "cuda, cuda:0", "cuda:0, cuda:0", "CUDA:12, cuda:12"})
    void deviceIsRead(String text, String expected) {
        assertThat(Device.parse(text)).hasToString(expected);
        assertThat(Device.parse(expected)).isEqualTo(Device.parse(text));
        assertThat(Device.parse(text).isCpu()).isEqualTo(expected.equals("cpu"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "cpu:0", "cuda:", "cuda:-1", "cuda:12345", "cuda:1x"})
    void textsThatAreNoDeviceAreRefused(String text) {
        assertThatThrownBy(() -> Device.parse(text))
                .isInstanceOf(TensorException.class)
                .hasMessage("device: unknown device '" + text + "' (expected cpu, cuda or cuda:N)");
    }

    @Test
    void thereIsOneCpuAndNoNegativeGpu() {
        assertThatThrownBy(() -> new Device(Device.Kind.CPU, 1)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Device.cuda(-1)).hasMessageStartingWith("device: index -1 of cuda");
    }

    @Test
    void devicesThatHaveABackendAreAvailable() {
        assertThat(Device.available()).startsWith(Device.CPU).doesNotContain(Device.cuda(999));
        assertThat(Device.CPU.requireAvailable()).isEqualTo(Device.CPU);
        assertThatThrownBy(() -> Device.cuda(999).requireAvailable())
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageContaining("cuda");
    }
}
