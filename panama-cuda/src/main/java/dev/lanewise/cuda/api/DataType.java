package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.generated.nccl.NcclBindings;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Element types as cuBLAS, cuDNN and NCCL number them. */
public enum DataType {
    /** 32-bit floating point. */
    F32(CublasBindings.CUDA_R_32F(), CudnnBindings.CUDNN_DATA_FLOAT(), NcclBindings.ncclFloat32(), 4),
    /** 64-bit floating point. */
    F64(CublasBindings.CUDA_R_64F(), CudnnBindings.CUDNN_DATA_DOUBLE(), NcclBindings.ncclFloat64(), 8),
    /** IEEE half precision. */
    F16(CublasBindings.CUDA_R_16F(), CudnnBindings.CUDNN_DATA_HALF(), NcclBindings.ncclFloat16(), 2),
    /** bfloat16. */
    BF16(CublasBindings.CUDA_R_16BF(), CudnnBindings.CUDNN_DATA_BFLOAT16(), NcclBindings.ncclBfloat16(), 2);

    private final int cublasCode;
    private final int cudnnCode;
    private final int ncclCode;
    private final int bytes;

    DataType(int cublasCode, int cudnnCode, int ncclCode, int bytes) {
        this.cublasCode = cublasCode;
        this.cudnnCode = cudnnCode;
        this.ncclCode = ncclCode;
        this.bytes = bytes;
    }

    /** The size of an element in bytes. */
    public int bytes() {
        return bytes;
    }

    int cublasCode() {
        return cublasCode;
    }

    int cudnnCode() {
        return cudnnCode;
    }

    int ncclCode() {
        return ncclCode;
    }

    /** Whether an element in memory is NaN. */
    public boolean isNaN(MemorySegment element) {
        return switch (this) {
            case F64 -> Double.isNaN(element.get(ValueLayout.JAVA_DOUBLE, 0));
            case F32 -> Float.isNaN(element.get(ValueLayout.JAVA_FLOAT, 0));
            case F16 -> Float.isNaN(Float.float16ToFloat(element.get(ValueLayout.JAVA_SHORT, 0)));
            case BF16 -> Float.isNaN(Float.intBitsToFloat(element.get(ValueLayout.JAVA_SHORT, 0) << 16));
        };
    }

    /** Writes a scale factor the way both libraries take it: in double precision for F64, in single for all others. */
    void writeScale(MemorySegment target, double value) {
        if (this == F64) {
            target.set(ValueLayout.JAVA_DOUBLE, 0, value);
        } else {
            target.set(ValueLayout.JAVA_FLOAT, 0, (float) value);
        }
    }
}
