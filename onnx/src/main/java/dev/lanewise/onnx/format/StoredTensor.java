package dev.lanewise.onnx.format;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A tensor in a file, its elements where they lie there.
 *
 * @param name the tensor's name, possibly empty
 * @param type its elements' type
 * @param shape its shape
 * @param memory the elements, little-endian, 4- and 2-bit ones packed from the lowest bits on; empty for texts
 * @param texts the elements if they are texts
 */
public record StoredTensor(String name, ElementType type, Shape shape, MemorySegment memory, List<String> texts) {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The bytes of so many elements, or -1 if that is more than 2^63. */
    static long bytes(ElementType type, long elements) {
        long high = Math.multiplyHigh(elements, (long) Elements.bits(type));
        long bits = elements * Elements.bits(type);
        return high != 0 || bits < 0 ? -1 : Math.ceilDiv(bits, 8L);
    }

    /** A copy for use in computations. */
    public OnnxValue toValue() {
        if (type == ElementType.STRING) {
            return new OnnxValue.Texts(shape, texts);
        }
        if (type.isOwn()) {
            return new OnnxValue.Numbers(type, new TensorData(type.carrier(), shape, memory).toTensor());
        }
        int count = Math.toIntExact(shape.elements());
        if (Elements.isFloating(type)) {
            float[] values = new float[count];
            MiniFloat format = MiniFloat.of(type);
            for (int i = 0; i < count; i++) {
                values[i] = format.decode((int) code(i));
            }
            return new OnnxValue.Numbers(type, Tensor.of(values, shape.toArray()));
        }
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = Wrap.toWidth(code(i), type);
        }
        return new OnnxValue.Numbers(type, Tensor.of(values, shape.toArray()));
    }

    private long code(int i) {
        return switch (Elements.bits(type)) {
            case 2 -> memory.get(ValueLayout.JAVA_BYTE, i / 4) >> 2 * (i % 4) & 3;
            case 4 -> memory.get(ValueLayout.JAVA_BYTE, i / 2) >> 4 * (i % 2) & 15;
            case 8 -> memory.get(ValueLayout.JAVA_BYTE, i) & 255;
            case 16 -> memory.getAtIndex(SHORT, i);
            case 32 -> memory.getAtIndex(INT, i);
            default -> memory.getAtIndex(LONG, i);
        };
    }
}
