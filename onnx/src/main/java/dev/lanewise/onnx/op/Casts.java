package dev.lanewise.onnx.op;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.format.MiniFloat;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.onnx.format.Wrap;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Conversions between all of ONNX's element types. */
final class Casts {
    private Casts() {}

    /** The value in another type. */
    static OnnxValue cast(OnnxValue value, ElementType to, boolean saturate) {
        if (value instanceof OnnxValue.Texts texts) {
            return to == ElementType.STRING ? texts : parsed(texts, to);
        }
        if (!(value instanceof OnnxValue.Numbers numbers)) {
            throw new TensorException("can't cast " + value.describe() + " (expected a tensor)");
        }
        if (to == ElementType.STRING) {
            return printed(numbers);
        }
        return new OnnxValue.Numbers(to, cast(numbers, to, saturate));
    }

    private static Tensor cast(OnnxValue.Numbers numbers, ElementType to, boolean saturate) {
        ElementType from = numbers.type();
        Tensor x = numbers.tensor();
        if (from == to) {
            return x;
        }
        if (from == ElementType.UINT64 && Elements.isFloating(to)) {
            x = unsigned(x);
        }
        if (to == ElementType.UINT64 && Elements.isFloating(from)) {
            double[] values = Host.doubles(x);
            long[] wholes = new long[values.length];
            Arrays.setAll(
                    wholes, i -> values[i] >= 0x1p63 ? (long) (values[i] - 0x1p63) + Long.MIN_VALUE : (long) values[i]);
            return Tensor.of(wholes, x.shape().toArray()).to(x.device());
        }
        if (to.isOwn()) {
            return x.to(to.carrier());
        }
        if (Elements.isFloating(to)) {
            return MiniFloat.of(to).round(x.to(DType.F32), saturate);
        }
        return Wrap.value(to, x.to(DType.I64)).tensor();
    }

    /** Unsigned numbers as real ones. */
    private static Tensor unsigned(Tensor x) {
        long[] values = Host.longs(x);
        double[] reals = new double[values.length];
        Arrays.setAll(reals, i -> values[i] >= 0 ? values[i] : (double) (values[i] >>> 1 | values[i] & 1) * 2);
        return Tensor.of(reals, x.shape().toArray()).to(x.device());
    }

    private static OnnxValue parsed(OnnxValue.Texts texts, ElementType to) {
        long[] sizes = texts.shape().toArray();
        List<String> values = texts.values();
        if (Elements.isFloating(to)) {
            double[] reals = values.stream().mapToDouble(Casts::real).toArray();
            OnnxValue doubles = OnnxValue.of(Tensor.of(reals, sizes));
            return cast(doubles, to, true);
        }
        long[] wholes = values.stream().mapToLong(text -> whole(text.strip())).toArray();
        return cast(OnnxValue.of(Tensor.of(wholes, texts.shape().toArray())), to, true);
    }

    private static long whole(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return (long) real(text);
        }
    }

    private static double real(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "nan" -> Double.NaN;
            case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text.strip());
        };
    }

    private static OnnxValue printed(OnnxValue.Numbers numbers) {
        List<String> texts = new ArrayList<>();
        Tensor x = numbers.tensor();
        if (Elements.isFloating(numbers.type())) {
            boolean wide = numbers.type() == ElementType.DOUBLE;
            for (double value : Host.doubles(x)) {
                texts.add(printed(value, wide));
            }
        } else {
            for (long value : Host.longs(x)) {
                texts.add(
                        numbers.type() == ElementType.BOOL
                                ? (value == 0 ? "False" : "True")
                                : numbers.type() == ElementType.UINT64
                                        ? Long.toUnsignedString(value)
                                        : Long.toString(value));
            }
        }
        return new OnnxValue.Texts(x.shape(), texts);
    }

    /** The shortest text that reads back the same, in NumPy's form. */
    private static String printed(double value, boolean wide) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String text = wide ? Double.toString(value) : Float.toString((float) value);
        int at = text.indexOf('E');
        if (at < 0) {
            return text;
        }
        int exponent = Integer.parseInt(text.substring(at + 1));
        if (exponent >= -4 && exponent < 16) {
            String plain = new java.math.BigDecimal(text).toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String mantissa = text.substring(0, at);
        if (mantissa.endsWith(".0")) {
            mantissa = mantissa.substring(0, mantissa.length() - 2);
        }
        return mantissa + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** The same bits as another type of the same width. */
    static OnnxValue bits(OnnxValue.Numbers numbers, ElementType to) {
        Tensor x = numbers.tensor();
        ElementType from = numbers.type();
        if (Elements.bits(from) != Elements.bits(to)) {
            throw new TensorException(
                    "can't take the bits of " + from + " as " + to + " (expected types of one width)");
        }
        if (!Elements.isFloating(from) && !Elements.isFloating(to)) {
            return new OnnxValue.Numbers(to, cast(numbers, to, true));
        }
        if (from.isOwn() && to.isOwn()) {
            long bytes = x.shape().elements() * from.carrier().bytes();
            MemorySegment memory =
                    Arena.ofAuto().allocate(Math.max(bytes, 1), 64).asSlice(0, bytes);
            x.contiguous().copyTo(memory);
            return new OnnxValue.Numbers(
                    to, Tensor.of(memory, to.carrier(), x.shape().toArray()).to(x.device()));
        }
        if (from == ElementType.DOUBLE || from == ElementType.UINT64) {
            long[] wholes = new long[(int) x.shape().elements()];
            double[] reals = new double[wholes.length];
            if (Elements.isFloating(from)) {
                double[] values = Host.doubles(x);
                Arrays.setAll(wholes, i -> Double.doubleToRawLongBits(values[i]));
                return new OnnxValue.Numbers(to, Tensor.of(wholes, x.shape().toArray()));
            }
            long[] values = Host.longs(x);
            Arrays.setAll(reals, i -> Double.longBitsToDouble(values[i]));
            return OnnxValue.of(Tensor.of(reals, x.shape().toArray()));
        }
        return viaCodes(numbers, to);
    }

    private static OnnxValue viaCodes(OnnxValue.Numbers numbers, ElementType to) {
        Tensor x = numbers.tensor();
        int count = (int) x.shape().elements();
        int width = Elements.bits(to) / 8;
        MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, (long) count * width), 64);
        for (int i = 0; i < count; i++) {
            long code = code(numbers, i);
            switch (width) {
                case 1 -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) code);
                case 2 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) code);
                default -> memory.setAtIndex(ValueLayout.JAVA_INT, i, (int) code);
            }
        }
        MemorySegment data = memory.asSlice(0, (long) count * width);
        return new StoredTensor("", to, x.shape(), data, List.of()).toValue();
    }

    private static long code(OnnxValue.Numbers numbers, int i) {
        Tensor flat = numbers.tensor().flatten().narrow(0, i, 1);
        return switch (numbers.type()) {
            case FLOAT -> Float.floatToRawIntBits(flat.toFloatArray()[0]);
            case FLOAT16 -> Float.floatToFloat16((float) Host.doubles(flat)[0]);
            case BFLOAT16 -> Float.floatToRawIntBits((float) Host.doubles(flat)[0]) >> 16;
            default -> {
                if (Elements.isFloating(numbers.type())) {
                    throw new TensorException("can't take the bits of " + numbers.type() + " (expected a wider type)");
                }
                yield Host.longs(flat)[0];
            }
        };
    }
}
