package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.cublas.CublasBindings;

/** How a matrix product multiplies and sums. */
public enum ComputeType {
    /** Single precision throughout; products of F16 and BF16 are summed in single precision. */
    F32(CublasBindings.CUBLAS_COMPUTE_32F()),
    /** F32 operands rounded to TF32 (10 bits of mantissa), summed in single precision. */
    TF32(CublasBindings.CUBLAS_COMPUTE_32F_FAST_TF32()),
    /** Double precision. */
    F64(CublasBindings.CUBLAS_COMPUTE_64F());

    private final int code;

    ComputeType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
