package dev.lanewise.cpu.matrix;

import dev.lanewise.cpu.gemm.Gemm;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.tensor.DType;
import java.util.concurrent.ConcurrentHashMap;

/** The products planned so far, so that a shape that comes again finds its plan and the memory it works in. */
final class Gemms {
    private static final int MOST = 1024;
    private static final ConcurrentHashMap<GemmShape, Gemm> F32 = new ConcurrentHashMap<>();
    private static final ConcurrentHashMap<GemmShape, Gemm> F64 = new ConcurrentHashMap<>();

    private Gemms() {}

    static Gemm of(DType dtype, GemmShape shape) {
        return dtype == DType.F64 ? planned(F64, shape, true) : planned(F32, shape, false);
    }

    private static Gemm planned(ConcurrentHashMap<GemmShape, Gemm> plans, GemmShape shape, boolean doublePrecision) {
        Gemm known = plans.get(shape);
        if (known != null) {
            return known;
        }
        if (plans.size() >= MOST) {
            plans.clear();
        }
        Gemm made = doublePrecision ? Gemm.f64(shape) : Gemm.f32(shape);
        Gemm first = plans.putIfAbsent(shape, made);
        return first == null ? made : first;
    }
}
