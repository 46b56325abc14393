package dev.lanewise.cpu.elementwise;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The shapes of functions that template loops are specialised with. */
final class Functions {
    private Functions() {}

    interface FloatUnary {
        FloatVector apply(FloatVector x);
    }

    interface FloatBinary {
        FloatVector apply(FloatVector a, FloatVector b);
    }

    interface FloatTernary {
        FloatVector apply(FloatVector x, FloatVector a, FloatVector b);
    }

    interface FloatTest {
        VectorMask<Float> apply(FloatVector a, FloatVector b);
    }

    interface DoubleUnary {
        DoubleVector apply(DoubleVector x);
    }

    interface DoubleBinary {
        DoubleVector apply(DoubleVector a, DoubleVector b);
    }

    interface DoubleTernary {
        DoubleVector apply(DoubleVector x, DoubleVector a, DoubleVector b);
    }

    interface DoubleTest {
        VectorMask<Double> apply(DoubleVector a, DoubleVector b);
    }

    /** A function of one number, element by element. */
    interface RealUnary {
        double apply(double x);
    }

    /** A function of two numbers, element by element. */
    interface RealBinary {
        double apply(double a, double b);
    }

    interface RealTest {
        boolean test(double a, double b);
    }

    /** A function of one integer or truth value, before it wraps to the element type. */
    interface IntegerUnary {
        long apply(long x);
    }

    interface IntegerBinary {
        long apply(long a, long b);
    }

    interface IntegerTernary {
        long apply(long x, long a, long b);
    }

    interface IntegerTest {
        boolean test(long a, long b);
    }
}
