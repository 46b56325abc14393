package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.tensor.DType;

/** Loops that convert elements from one type to another. */
final class Casts {
    private Casts() {}

    static Loop loop(DType from, DType to) {
        if (from == DType.F32 && to == DType.BF16) {
            return Casts::toBfloat16;
        }
        if (from == DType.BF16 && to == DType.F32) {
            return Casts::fromBfloat16;
        }
        if (from == DType.F32 && to == DType.F16) {
            return Casts::toFloat16;
        }
        if (from == DType.F16 && to == DType.F32) {
            return Casts::fromFloat16;
        }
        return general(from, to);
    }

    /** By way of double precision or 64-bit integers, which hold every element exactly. */
    private static Loop general(DType from, DType to) {
        if (from.isFloating()) {
            Functions.RealUnary same = x -> x;
            return Template.REAL_UNARY.specialise(
                    Storage.realReader(from), same, Storage.realWriter(to), from.bytes(), to.bytes());
        }
        Functions.IntegerUnary same = to == DType.BOOL ? x -> x != 0 ? 1 : 0 : x -> x;
        return Template.INTEGER_UNARY.specialise(
                Storage.integerReader(from), same, Storage.integerWriter(to), from.bytes(), to.bytes());
    }

    private static void toBfloat16(int pattern, int n, long out, long in, long b, long c) {
        for (int i = 0; i < n; i++) {
            Access.i16(out + 2L * i, Half.toBfloat16(Access.f32(in + step(pattern, 4L * i))));
        }
    }

    private static void fromBfloat16(int pattern, int n, long out, long in, long b, long c) {
        for (int i = 0; i < n; i++) {
            Access.f32(out + 4L * i, Half.fromBfloat16(Access.i16(in + step(pattern, 2L * i))));
        }
    }

    private static void toFloat16(int pattern, int n, long out, long in, long b, long c) {
        for (int i = 0; i < n; i++) {
            Access.i16(out + 2L * i, Float.floatToFloat16(Access.f32(in + step(pattern, 4L * i))));
        }
    }

    private static void fromFloat16(int pattern, int n, long out, long in, long b, long c) {
        for (int i = 0; i < n; i++) {
            Access.f32(out + 4L * i, Float.float16ToFloat(Access.i16(in + step(pattern, 2L * i))));
        }
    }

    private static long step(int pattern, long offset) {
        return (pattern & Loop.A_REPEATED) == 0 ? offset : 0;
    }
}
