package dev.lanewise.onnx;

import dev.lanewise.tensor.DType;

/**
 * The element types of ONNX tensors (TensorProto.DataType). Those that {@link DType} lacks are computed with in a wider
 * type, their carrier, and wrapped or rounded after every operation.
 */
public enum ElementType {
    /** IEEE 754 binary32. */
    FLOAT(1, DType.F32),
    /** Unsigned 8-bit integer. */
    UINT8(2, DType.U8),
    /** Signed 8-bit integer. */
    INT8(3, DType.I8),
    /** Unsigned 16-bit integer, carried by I64. */
    UINT16(4, DType.I64),
    /** Signed 16-bit integer, carried by I64. */
    INT16(5, DType.I64),
    /** Signed 32-bit integer. */
    INT32(6, DType.I32),
    /** Signed 64-bit integer. */
    INT64(7, DType.I64),
    /** Text; has no tensor. */
    STRING(8, DType.U8),
    /** Truth value. */
    BOOL(9, DType.BOOL),
    /** IEEE 754 binary16. */
    FLOAT16(10, DType.F16),
    /** IEEE 754 binary64. */
    DOUBLE(11, DType.F64),
    /** Unsigned 32-bit integer, carried by I64. */
    UINT32(12, DType.I64),
    /** Unsigned 64-bit integer, its bits carried by I64. */
    UINT64(13, DType.I64),
    /** bfloat16. */
    BFLOAT16(16, DType.BF16),
    /** 8-bit float, 4 bits of exponent, without infinities, carried by F32. */
    FLOAT8E4M3FN(17, DType.F32),
    /** 8-bit float, 4 bits of exponent, without infinities or negative zero, carried by F32. */
    FLOAT8E4M3FNUZ(18, DType.F32),
    /** 8-bit float, 5 bits of exponent, carried by F32. */
    FLOAT8E5M2(19, DType.F32),
    /** 8-bit float, 5 bits of exponent, without infinities or negative zero, carried by F32. */
    FLOAT8E5M2FNUZ(20, DType.F32),
    /** Unsigned 4-bit integer, carried by I64. */
    UINT4(21, DType.I64),
    /** Signed 4-bit integer, carried by I64. */
    INT4(22, DType.I64),
    /** 4-bit float, carried by F32. */
    FLOAT4E2M1(23, DType.F32),
    /** 8-bit power of two, carried by F32. */
    FLOAT8E8M0(24, DType.F32),
    /** Unsigned 2-bit integer, carried by I64. */
    UINT2(25, DType.I64),
    /** Signed 2-bit integer, carried by I64. */
    INT2(26, DType.I64);

    private final int number;
    private final DType carrier;

    ElementType(int number, DType carrier) {
        this.number = number;
        this.carrier = carrier;
    }

    /** {@return the number that stands for the type in files} */
    public int number() {
        return number;
    }

    /** {@return the type of the tensors that hold such elements} */
    public DType carrier() {
        return carrier;
    }

    /** {@return whether tensors have the type themselves} */
    public boolean isOwn() {
        return this != STRING && of(carrier) == this;
    }

    /**
     * {@return the type of a tensor's elements}
     *
     * @param dtype the type of the tensor
     */
    public static ElementType of(DType dtype) {
        return switch (dtype) {
            case F32 -> FLOAT;
            case F64 -> DOUBLE;
            case F16 -> FLOAT16;
            case BF16 -> BFLOAT16;
            case I8 -> INT8;
            case U8 -> UINT8;
            case I32 -> INT32;
            case I64 -> INT64;
            case BOOL -> BOOL;
        };
    }
}
