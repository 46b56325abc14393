package dev.lanewise.onnx.format;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * A float of 8 or 4 bits (Micikevicius et al. 2022, arXiv:2209.05433; Noune et al. 2022, arXiv:2206.02915; OCP
 * Microscaling Formats 1.0). Rounding is to nearest, ties to the even code.
 */
public final class MiniFloat {
    private static final Map<ElementType, MiniFloat> ALL = new EnumMap<>(Map.of(
            ElementType.FLOAT8E4M3FN, new MiniFloat(ElementType.FLOAT8E4M3FN, 3, 7),
            ElementType.FLOAT8E4M3FNUZ, new MiniFloat(ElementType.FLOAT8E4M3FNUZ, 3, 8),
            ElementType.FLOAT8E5M2, new MiniFloat(ElementType.FLOAT8E5M2, 2, 15),
            ElementType.FLOAT8E5M2FNUZ, new MiniFloat(ElementType.FLOAT8E5M2FNUZ, 2, 16),
            ElementType.FLOAT4E2M1, new MiniFloat(ElementType.FLOAT4E2M1, 1, 1),
            ElementType.FLOAT8E8M0, new MiniFloat(ElementType.FLOAT8E8M0, 0, 127)));

    private final ElementType type;
    private final float[] decoded;
    /** The finite values from 0 on, ascending; the index is the code. */
    private final float[] ascending;

    private MiniFloat(ElementType type, int mantissa, int bias) {
        this.type = type;
        int codes = 1 << Elements.bits(type);
        decoded = new float[codes];
        for (int code = 0; code < codes; code++) {
            decoded[code] = decode(code, mantissa, bias);
        }
        int half = type == ElementType.FLOAT8E8M0 ? codes : codes / 2;
        int finite = 0;
        while (finite < half && Float.isFinite(decoded[finite])) {
            finite++;
        }
        ascending = Arrays.copyOf(decoded, finite);
    }

    public static MiniFloat of(ElementType type) {
        MiniFloat format = ALL.get(type);
        if (format == null) {
            throw new IllegalArgumentException(type.name());
        }
        return format;
    }

    /** The value of a code. */
    float decode(int code) {
        return decoded[code];
    }

    private float decode(int code, int mantissa, int bias) {
        if (type == ElementType.FLOAT8E8M0) {
            return code == 255 ? Float.NaN : (float) Math.pow(2, code - bias);
        }
        int bits = Elements.bits(type);
        int magnitude = code & (1 << bits - 1) - 1;
        boolean negative = code >> bits - 1 != 0;
        int exponent = magnitude >> mantissa;
        int fraction = magnitude & (1 << mantissa) - 1;
        switch (type) {
            case FLOAT8E4M3FN -> {
                if (magnitude == 0x7f) {
                    return Float.NaN;
                }
            }
            case FLOAT8E4M3FNUZ, FLOAT8E5M2FNUZ -> {
                if (magnitude == 0 && negative) {
                    return Float.NaN;
                }
            }
            case FLOAT8E5M2 -> {
                if (exponent == 31) {
                    float infinite = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    return negative ? -infinite : infinite;
                }
            }
            default -> {}
        }
        double scale = Math.pow(2, Math.max(exponent, 1) - bias - mantissa);
        double value = (exponent == 0 ? fraction : fraction + (1 << mantissa)) * scale;
        return (float) (negative ? -value : value);
    }

    /** The nearest values of this format. */
    public Tensor round(Tensor values, boolean saturate) {
        float[] rounded = values.to(DType.F32).toFloatArray();
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = round(rounded[i], saturate);
        }
        return Tensor.of(rounded, values.shape().toArray()).to(values.device());
    }

    /** The nearest value of this format. */
    float round(float value, boolean saturate) {
        if (Float.isNaN(value)) {
            return type == ElementType.FLOAT4E2M1 ? -0f : Float.NaN; // which has no NaN
        }
        boolean signed = type != ElementType.FLOAT8E8M0;
        float magnitude = signed ? Math.abs(value) : Math.max(value, 0);
        float most = ascending[ascending.length - 1];
        float rounded;
        if (magnitude > most) {
            double step = most - (double) ascending[ascending.length - 2];
            boolean keeps = saturate
                    || type == ElementType.FLOAT4E2M1
                    || magnitude < most + step / 2
                    || magnitude == most + step / 2 && (ascending.length - 1) % 2 == 0;
            rounded = keeps ? most : type == ElementType.FLOAT8E5M2 ? Float.POSITIVE_INFINITY : Float.NaN;
        } else {
            rounded = nearest(magnitude);
        }
        boolean noNegativeZero = type == ElementType.FLOAT8E4M3FNUZ || type == ElementType.FLOAT8E5M2FNUZ || !signed;
        if (noNegativeZero && rounded == 0) {
            return rounded;
        }
        return signed ? Math.copySign(rounded, value) : rounded;
    }

    private float nearest(float magnitude) {
        int at = Arrays.binarySearch(ascending, magnitude);
        if (at >= 0) {
            return ascending[at];
        }
        int above = -at - 1;
        if (above == 0) {
            return ascending[0];
        }
        double low = magnitude - (double) ascending[above - 1];
        double high = ascending[above] - (double) magnitude;
        boolean down = low < high || low == high && (above - 1) % 2 == 0;
        return ascending[down ? above - 1 : above];
    }
}
