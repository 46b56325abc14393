package dev.lanewise.onnx.format;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/** What files and operators need to know about the types of elements. */
public final class Elements {
    private Elements() {}

    /** The size of a stored element; 0 for texts. */
    public static int bits(ElementType type) {
        return switch (type) {
            case STRING -> 0;
            case UINT2, INT2 -> 2;
            case UINT4, INT4, FLOAT4E2M1 -> 4;
            case UINT8, INT8, BOOL, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0 -> 8;
            case UINT16, INT16, FLOAT16, BFLOAT16 -> 16;
            case UINT32, INT32, FLOAT -> 32;
            case UINT64, INT64, DOUBLE -> 64;
        };
    }

    /** Whether the elements are real numbers. */
    public static boolean isFloating(ElementType type) {
        return type != ElementType.STRING && type.carrier().isFloating();
    }

    /** Whether the elements are whole numbers without sign. */
    public static boolean isUnsigned(ElementType type) {
        return switch (type) {
            case UINT2, UINT4, UINT8, UINT16, UINT32, UINT64 -> true;
            default -> false;
        };
    }

    /** The type of a number in a file, or null for complex and unknown ones. */
    static @Nullable ElementType find(long number) {
        for (ElementType type : ElementType.values()) {
            if (type.number() == number) {
                return type;
            }
        }
        return null;
    }

    /** The type of a number in a file. */
    public static ElementType type(long number) {
        ElementType type = find(number);
        if (type == null) {
            throw new TensorException("onnx: element type " + number
                    + " (expected 1 to 13 or 16 to 26); complex numbers are not supported");
        }
        return type;
    }
}
