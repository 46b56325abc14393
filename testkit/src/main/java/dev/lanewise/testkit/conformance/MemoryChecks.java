package dev.lanewise.testkit.conformance;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.testkit.Elements;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** What operations write where: updates of views, and the bits of narrow floating-point types. */
final class MemoryChecks {
    private static final int PATTERNS = 1 << 16;

    private final Device device;

    MemoryChecks(Device device) {
        this.device = device;
    }

    /** A test for each type and layout: assigning to a view changes what it shows and nothing else. */
    Stream<DynamicNode> assignments() {
        return Arrays.stream(DType.values())
                .flatMap(dtype -> Stream.of(Layout.CONTIGUOUS, Layout.TRANSPOSED, Layout.STEPPED, Layout.OFFSET)
                        .map(layout -> dynamicTest(dtype + " " + layout, () -> assign(dtype, layout))));
    }

    private void assign(DType dtype, Layout layout) {
        try (var ignored = Scope.open("assign")) {
            Operands make = new Operands(device, dtype, Layout.CONTIGUOUS, 3);
            Tensor[] base = new Tensor[1];
            Tensor view = layout.make(Shape.of(5, 19), shape -> base[0] = make.any(shape.toArray()));
            Tensor expected = base[0].copy().to(Device.CPU);
            Tensor source = make.any(5, 19);
            Expectation.execute(Copy.COPY, new Tensor[] {source.to(Device.CPU)}, new Tensor[] {
                layout.make(Shape.of(5, 19), shape -> expected)
            });
            view.assign(source);
            Expectation.check("the tensor behind the view", base[0], expected, Tolerance.EXACT);
        }
    }

    /** All 65,536 patterns of both 16-bit types, widened, narrowed again, and narrowed from between two of them. */
    Stream<DynamicNode> narrowTypes() {
        return Stream.of(DType.F16, DType.BF16)
                .flatMap(dtype -> Stream.of(
                        dynamicTest(dtype + " to F32", () -> widen(dtype)),
                        dynamicTest("F32 to " + dtype, () -> narrow(dtype))));
    }

    private void widen(DType dtype) {
        try (var ignored = Scope.open("widen")) {
            float[] got = patterns(dtype).to(DType.F32).toFloatArray();
            for (int i = 0; i < PATTERNS; i++) {
                float want = value(dtype, i);
                if (Float.floatToIntBits(got[i]) != Float.floatToIntBits(want)) {
                    throw new AssertionError(
                            dtype + " bits " + Integer.toHexString(i) + " are " + got[i] + " (expected " + want + ")");
                }
            }
        }
    }

    /** Of neighbouring values the values themselves, the middle, and the nearest numbers on both sides of the middle. */
    private void narrow(DType dtype) {
        float[] values = new float[4 * PATTERNS];
        for (int i = 0; i < PATTERNS; i++) {
            float value = value(dtype, i);
            float middle = (float) (((double) value + value(dtype, (i + 1) & 0xFFFF)) / 2);
            values[4 * i] = value;
            values[4 * i + 1] = middle;
            values[4 * i + 2] = Math.nextUp(middle);
            values[4 * i + 3] = Math.nextDown(middle);
        }
        try (var ignored = Scope.open("narrow")) {
            Tensor got = Tensor.of(values).to(device).to(dtype).to(Device.CPU);
            Tensor want = Tensor.full(0, dtype, Device.CPU, values.length);
            Elements x = Elements.of(got);
            Elements y = Elements.of(want);
            for (int i = 0; i < values.length; i++) {
                y.set((double) values[i], i);
                if (Double.doubleToLongBits(x.real(i)) != Double.doubleToLongBits(y.real(i))) {
                    throw new AssertionError(
                            values[i] + " to " + dtype + " is " + x.real(i) + " (expected " + y.real(i) + ")");
                }
            }
        }
    }

    private Tensor patterns(DType dtype) {
        short[] bits = new short[PATTERNS];
        for (int i = 0; i < PATTERNS; i++) {
            bits[i] = (short) i;
        }
        return Tensor.of(MemorySegment.ofArray(bits), dtype, PATTERNS).to(device);
    }

    private static float value(DType dtype, int bits) {
        return dtype == DType.F16 ? Float.float16ToFloat((short) bits) : Float.intBitsToFloat(bits << 16);
    }
}
