package dev.lanewise.serve;

import dev.lanewise.tensor.DType;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The names that the Open Inference Protocol has for the types of elements. */
final class Datatype {
    private static final Map<String, DType> BY_NAME =
            Stream.of(DType.values()).collect(Collectors.toUnmodifiableMap(Datatype::of, dtype -> dtype));

    private Datatype() {}

    static String of(DType dtype) {
        return switch (dtype) {
            case F32 -> "FP32";
            case F64 -> "FP64";
            case F16 -> "FP16";
            case BF16 -> "BF16";
            case I8 -> "INT8";
            case U8 -> "UINT8";
            case I32 -> "INT32";
            case I64 -> "INT64";
            case BOOL -> "BOOL";
        };
    }

    /** The type of a name, or null if tensors have no such type. */
    static @Nullable DType parse(String name) {
        return BY_NAME.get(name);
    }
}
