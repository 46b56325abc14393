package dev.lanewise.cpu.linalg;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** Inner loops that C2 leaves scalar as plain ones: a sum, whose order it keeps, and two rows of one array. */
public final class Rows {
    private static final VectorSpecies<Double> LANES = Species.F64;

    private Rows() {}

    /** The sum of the products of two parts of rows. */
    public static double dot(double[] x, int xStart, double[] y, int yStart, int length) {
        // two sums that don't wait for each other
        DoubleVector even = DoubleVector.zero(LANES);
        DoubleVector odd = even;
        int step = LANES.length();
        int i = 0;
        for (; i <= length - 2 * step; i += 2 * step) {
            even = vector(x, xStart + i).fma(vector(y, yStart + i), even);
            odd = vector(x, xStart + i + step).fma(vector(y, yStart + i + step), odd);
        }
        double sum = LaneSum.of(even.add(odd));
        for (; i < length; i++) {
            sum += x[xStart + i] * y[yStart + i];
        }
        return sum;
    }

    /** Rotates two rows: {@code p, q = cosine p - sine q, sine p + cosine q}. */
    public static void turn(double[] x, int p, int q, int length, double cosine, double sine) {
        int step = LANES.length();
        int i = 0;
        for (; i <= length - step; i += step) {
            DoubleVector first = vector(x, p + i);
            DoubleVector second = vector(x, q + i);
            first.mul(cosine).sub(second.mul(sine)).intoArray(x, p + i);
            first.mul(sine).add(second.mul(cosine)).intoArray(x, q + i);
        }
        for (; i < length; i++) {
            double first = x[p + i];
            double second = x[q + i];
            x[p + i] = cosine * first - sine * second;
            x[q + i] = sine * first + cosine * second;
        }
    }

    private static DoubleVector vector(double[] from, int at) {
        return DoubleVector.fromArray(LANES, from, at);
    }
}
