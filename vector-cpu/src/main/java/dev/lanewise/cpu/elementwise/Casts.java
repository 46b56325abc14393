package dev.lanewise.cpu.elementwise;

import dev.lanewise.tensor.DType;

/** Loops that convert elements from one type to another. */
final class Casts {
    private Casts() {}

    static Loop loop(DType from, DType to) {
        if (from.isFloating()) {
            Functions.RealUnary same = x -> x;
            return Template.REAL_UNARY.specialise(
                    Storage.realReader(from), same, Storage.realWriter(to), from.bytes(), to.bytes());
        }
        Functions.IntegerUnary same = to == DType.BOOL ? x -> x != 0 ? 1 : 0 : x -> x;
        return Template.INTEGER_UNARY.specialise(
                Storage.integerReader(from), same, Storage.integerWriter(to), from.bytes(), to.bytes());
    }
}
