package dev.lanewise.onnx.format;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;

/** Brings carried integers and floats back to the width of their type. */
public final class Wrap {
    private Wrap() {}

    /** An integer's value wrapped to a type's width. */
    static long toWidth(long value, ElementType type) {
        int cut = 64 - Elements.bits(type);
        return Elements.isUnsigned(type) ? value << cut >>> cut : value << cut >> cut;
    }

    /** A tensor's elements, in the carrier type, wrapped or rounded to a type's width. */
    public static OnnxValue.Numbers value(ElementType type, Tensor tensor) {
        if (type.isOwn() || type == ElementType.UINT64) {
            return new OnnxValue.Numbers(type, tensor);
        }
        if (Elements.isFloating(type)) {
            return new OnnxValue.Numbers(type, MiniFloat.of(type).round(tensor, true));
        }
        long lowest = (1L << Elements.bits(type)) - 1;
        Tensor low = tensor.and(number(lowest, tensor));
        if (!Elements.isUnsigned(type)) {
            Tensor sign = number(1L << Elements.bits(type) - 1, tensor);
            low = low.xor(sign).sub(sign);
        }
        return new OnnxValue.Numbers(type, low);
    }

    private static Tensor number(long value, Tensor like) {
        return Tensor.full(value, DType.I64, like.device());
    }
}
