package dev.lanewise.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * The sum of a vector's lanes in one fixed order: halves are added until one lane is left. {@code reduceLanes(ADD)} adds
 * in another order once its method is compiled, and results would change their last bits during a run.
 */
public final class LaneSum {
    private static final VectorShuffle<Float> F32_8 = f32(8);
    private static final VectorShuffle<Float> F32_4 = f32(4);
    private static final VectorShuffle<Float> F32_2 = f32(2);
    private static final VectorShuffle<Float> F32_1 = f32(1);
    private static final VectorShuffle<Double> F64_4 = f64(4);
    private static final VectorShuffle<Double> F64_2 = f64(2);
    private static final VectorShuffle<Double> F64_1 = f64(1);

    private LaneSum() {}

    /** The sum of all lanes. */
    public static float of(FloatVector vector) {
        FloatVector sum = vector;
        if (Species.F32_LANES > 8) {
            sum = sum.add(sum.rearrange(F32_8));
        }
        if (Species.F32_LANES > 4) {
            sum = sum.add(sum.rearrange(F32_4));
        }
        if (Species.F32_LANES > 2) {
            sum = sum.add(sum.rearrange(F32_2));
        }
        return sum.add(sum.rearrange(F32_1)).lane(0);
    }

    /** The sum of all lanes. */
    public static double of(DoubleVector vector) {
        DoubleVector sum = vector;
        if (Species.F64_LANES > 4) {
            sum = sum.add(sum.rearrange(F64_4));
        }
        if (Species.F64_LANES > 2) {
            sum = sum.add(sum.rearrange(F64_2));
        }
        return sum.add(sum.rearrange(F64_1)).lane(0);
    }

    private static VectorShuffle<Float> f32(int distance) {
        return VectorShuffle.fromOp(Species.F32, i -> (i + distance) & (Species.F32_LANES - 1));
    }

    private static VectorShuffle<Double> f64(int distance) {
        return VectorShuffle.fromOp(Species.F64, i -> (i + distance) & (Species.F64_LANES - 1));
    }
}
