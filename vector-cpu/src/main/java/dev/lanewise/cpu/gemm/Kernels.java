package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.Species;
import dev.lanewise.tensor.DType;

/**
 * The kernels of one element type.
 *
 * @param elementBytes size of an element
 * @param lanes elements in a vector
 */
record Kernels(
        MicroKernel micro,
        MatrixVectorKernel matrixVector,
        Packing packing,
        Finish finish,
        int elementBytes,
        int lanes) {
    /** Machines with 512-bit vectors have 32 vector registers; narrower x86 machines have 16. */
    private static final boolean REGISTERS_32 = Species.VECTOR_BYTES >= 64;

    static final Kernels F32 = new Kernels(
            REGISTERS_32 ? new F32Tile8x2() : new F32Tile6x2(),
            new F32MatrixVector(),
            new F32Packing(),
            new F32Finish(),
            Float.BYTES,
            Species.F32_LANES);

    private static final Kernels F64 = new Kernels(
            REGISTERS_32 ? new F64Tile8x2() : new F64Tile6x2(),
            new F64MatrixVector(),
            new F64Packing(),
            new F64Finish(),
            Double.BYTES,
            Species.F64_LANES);

    static Kernels of(DType type) {
        return switch (type) {
            case F32 -> F32;
            case F64 -> F64;
            case F16, BF16, I8, U8, I32, I64, BOOL ->
                throw new IllegalArgumentException("gemm: type " + type + " (expected F32 or F64)");
        };
    }
}
