package dev.lanewise.tensor;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The element type of a tensor.
 *
 * <p>{@link #F16} and {@link #BF16} are stored in 16 bits; the CPU computes them in {@link #F32}. {@link #BOOL} is stored
 * as one byte, 0 or 1. Nothing is promoted silently: mixing types in one operation is an error that names the cast to
 * use.
 */
public enum DType {
    /** IEEE 754 binary32. */
    F32(4, Kind.FLOATING),
    /** IEEE 754 binary64. */
    F64(8, Kind.FLOATING),
    /** IEEE 754 binary16. */
    F16(2, Kind.FLOATING),
    /** bfloat16: the upper half of a binary32. */
    BF16(2, Kind.FLOATING),
    /** Signed 8-bit integer. */
    I8(1, Kind.INTEGER),
    /** Unsigned 8-bit integer. */
    U8(1, Kind.INTEGER),
    /** Signed 32-bit integer. */
    I32(4, Kind.INTEGER),
    /** Signed 64-bit integer; the type of indices. */
    I64(8, Kind.INTEGER),
    /** A truth value in one byte. */
    BOOL(1, Kind.BOOLEAN);

    /** The floating-point types: {@link #F32}, {@link #F64}, {@link #F16} and {@link #BF16}. */
    public static final Set<DType> FLOATING = of(Kind.FLOATING);
    /** The integer types: {@link #I8}, {@link #U8}, {@link #I32} and {@link #I64}. */
    public static final Set<DType> INTEGERS = of(Kind.INTEGER);
    /** Floating-point and integer types. */
    public static final Set<DType> NUMBERS = of(Kind.FLOATING, Kind.INTEGER);
    /** The types that bitwise operations take: the integer types and {@link #BOOL}. */
    public static final Set<DType> BITS = of(Kind.INTEGER, Kind.BOOLEAN);
    /** All types that a tensor's elements can have. */
    public static final Set<DType> ALL = of(Kind.FLOATING, Kind.INTEGER, Kind.BOOLEAN);

    private enum Kind {
        FLOATING,
        INTEGER,
        BOOLEAN
    }

    private final int bytes;
    private final Kind kind;

    DType(int bytes, Kind kind) {
        this.bytes = bytes;
        this.kind = kind;
    }

    /** {@return the size of one element in bytes} */
    public int bytes() {
        return bytes;
    }

    /** {@return whether this is a floating-point type} */
    public boolean isFloating() {
        return kind == Kind.FLOATING;
    }

    /** {@return whether this is an integer type ({@link #BOOL} is not)} */
    public boolean isInteger() {
        return kind == Kind.INTEGER;
    }

    private static Set<DType> of(Kind... kinds) {
        EnumSet<DType> set = EnumSet.noneOf(DType.class);
        for (DType dtype : values()) {
            for (Kind kind : kinds) {
                if (dtype.kind == kind) {
                    set.add(dtype);
                }
            }
        }
        return Collections.unmodifiableSet(set);
    }
}
