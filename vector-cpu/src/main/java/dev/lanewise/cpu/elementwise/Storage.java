package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.tensor.DType;

/** How elements of each type are read and written one by one, as numbers or as integers. */
final class Storage {
    private Storage() {}

    /** Reads an element as a number, exactly. */
    interface RealReader {
        double get(long at);
    }

    /** Writes a number, converted as by {@link dev.lanewise.tensor.op.Cast}. */
    interface RealWriter {
        void put(long at, double v);
    }

    /** Reads an element of an integer type or {@link DType#BOOL}. */
    interface IntegerReader {
        long get(long at);
    }

    /** Writes an integer, wrapped or rounded to the element type. */
    interface IntegerWriter {
        void put(long at, long v);
    }

    static RealReader realReader(DType dtype) {
        return switch (dtype) {
            case F32 -> Access::f32;
            case F64 -> Access::f64;
            case F16 -> at -> Float.float16ToFloat(Access.i16(at));
            case BF16 -> at -> Half.fromBfloat16(Access.i16(at));
            case I8, BOOL -> Access::i8;
            case U8 -> at -> Access.i8(at) & 0xFF;
            case I32 -> Access::i32;
            case I64 -> Access::i64;
        };
    }

    static RealWriter realWriter(DType dtype) {
        return switch (dtype) {
            case F32 -> (at, v) -> Access.f32(at, (float) v);
            case F64 -> Access::f64;
            case F16 -> (at, v) -> Access.i16(at, Float.floatToFloat16(Half.roundToOdd(v)));
            case BF16 -> (at, v) -> Access.i16(at, Half.toBfloat16(Half.roundToOdd(v)));
            case I8, U8 -> (at, v) -> Access.i8(at, (byte) (long) v);
            case I32 -> (at, v) -> Access.i32(at, (int) (long) v);
            case I64 -> (at, v) -> Access.i64(at, (long) v);
            case BOOL -> (at, v) -> Access.i8(at, (byte) (v != 0 ? 1 : 0));
        };
    }

    static IntegerReader integerReader(DType dtype) {
        return switch (dtype) {
            case I8, BOOL -> Access::i8;
            case U8 -> at -> Access.i8(at) & 0xFF;
            case I32 -> Access::i32;
            case I64 -> Access::i64;
            case F32, F64, F16, BF16 -> throw new IllegalArgumentException("not an integer type: " + dtype);
        };
    }

    /** For {@link DType#BOOL} the lowest bit, as the bitwise functions leave it. */
    static IntegerWriter integerWriter(DType dtype) {
        return switch (dtype) {
            case F32 -> (at, v) -> Access.f32(at, (float) v);
            case F64 -> (at, v) -> Access.f64(at, (double) v);
            case F16 -> (at, v) -> Access.i16(at, Float.floatToFloat16(Half.roundToOdd(v)));
            case BF16 -> (at, v) -> Access.i16(at, Half.toBfloat16(Half.roundToOdd(v)));
            case I8, U8 -> (at, v) -> Access.i8(at, (byte) v);
            case I32 -> (at, v) -> Access.i32(at, (int) v);
            case I64 -> Access::i64;
            case BOOL -> (at, v) -> Access.i8(at, (byte) (v & 1));
        };
    }
}
