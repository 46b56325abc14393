package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorDataTest {
    @TempDir
    Path folder;

    @Test
    void tensorsGoThroughAFileAndBack() {
        try (var ignored = Scope.open("test")) {
            Tensor weight = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Map<String, TensorData> state = Map.of(
                    "weight", TensorData.of(weight),
                    "transposed", TensorData.of(weight.transpose(0, 1)),
                    "steps", TensorData.of(Tensor.full(7, DType.I64, Device.CPU)),
                    "mask", TensorData.of(Tensor.of(true, false)));
            Path file = folder.resolve("model.safetensors");
            Safetensors.write(file, state);
            Tensor read;
            try (SafetensorsFile checkpoint = Safetensors.open(file)) {
                read = checkpoint.entry("weight").toTensor();
                assertThat(checkpoint.entry("transposed").toTensor().toFloatArray())
                        .containsExactly(1, 4, 2, 5, 3, 6);
                assertThat(checkpoint.entry("steps").toTensor().itemLong()).isEqualTo(7);
                assertThat(checkpoint.entry("mask").toTensor().toBooleanArray()).containsExactly(true, false);
            }
            assertThat(read.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(read.shape()).isEqualTo(Shape.of(2, 3));
        }
    }

    @Test
    void everyDtypeBecomesATensorAndComesBack() {
        try (var ignored = Scope.open("test")) {
            for (DType dtype : DType.values()) {
                MemorySegment bytes = Arena.ofAuto().allocate(6L * dtype.bytes());
                for (long i = 0; i < bytes.byteSize(); i++) {
                    bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i % 2));
                }
                TensorData data = new TensorData(dtype, Shape.of(3, 2), bytes);
                assertThat(TensorData.of(data.toTensor())).isEqualTo(data);
            }
        }
    }

    @Test
    void anyByteButZeroIsTrue() {
        try (var ignored = Scope.open("test")) {
            MemorySegment bytes = MemorySegment.ofArray(new byte[] {0, 2, -1});
            Tensor mask = new TensorData(DType.BOOL, Shape.of(3), bytes).toTensor();
            assertThat(TensorData.of(mask).toLongArray()).containsExactly(0, 1, 1);
        }
    }

    @Test
    void smallFloatsAreWidenedExactly() {
        short[] halves = {Float.floatToFloat16(1.5f), Float.floatToFloat16(-65504)};
        TensorData half = new TensorData(DType.F16, Shape.of(2), bytes(halves));
        assertThat(half.toFloatArray()).containsExactly(1.5f, -65504);
        TensorData brain = new TensorData(DType.BF16, Shape.of(2), bytes((short) 0x3fc0, (short) 0xff80));
        assertThat(brain.toFloatArray()).containsExactly(1.5f, Float.NEGATIVE_INFINITY);
        assertThat(brain.toDoubleArray()).containsExactly(1.5, Double.NEGATIVE_INFINITY);
    }

    @Test
    void sizesAndTypesThatDoNotFitAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TensorData.of(new float[3], 2, 2))
                .withMessageContaining("found 12 bytes for F32 [2, 2]; expected 16");
        assertThatThrownBy(() -> TensorData.of(new int[1], 1).toFloatArray())
                .hasMessageContaining("found dtype I32; expected a floating-point one; use toLongArray()");
        assertThatThrownBy(() -> TensorData.of(new float[1], 1).toLongArray()).hasMessageContaining("toDoubleArray()");
    }

    private static MemorySegment bytes(short... values) {
        byte[] bytes = new byte[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[2 * i] = (byte) values[i];
            bytes[2 * i + 1] = (byte) (values[i] >> 8);
        }
        return MemorySegment.ofArray(bytes);
    }
}
