package dev.lanewise.cpu.norm;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The exponential function as this package uses it. */
final class Exp {
    private Exp() {}

    static FloatVector of(FloatVector x) {
        return x.lanewise(VectorOperators.EXP);
    }

    static DoubleVector of(DoubleVector x) {
        return x.lanewise(VectorOperators.EXP);
    }
}
