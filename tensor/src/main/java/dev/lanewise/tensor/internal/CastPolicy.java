package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import org.jspecify.annotations.Nullable;

/** Which type an operation's operands get in a region of automatic casts; PyTorch's choices wherever it has the op. */
enum CastPolicy {
    /** The region's 16-bit type: much arithmetic on few numbers, with sums kept in F32. */
    NARROW,
    /**
     * F32: sums of many elements, and functions whose results exceed the range of F16 or lose essential digits in BF16.
     */
    WIDE,
    /** F32 if the operands' types differ. */
    WIDEST,
    /** The operands' own types. */
    AS_THEY_ARE;

    /** The type to cast floating-point operands to, or null to leave them. */
    @Nullable
    DType target(DType narrow, Tensor[] operands) {
        DType common = null;
        boolean mixed = false;
        for (Tensor operand : operands) {
            DType dtype = operand.dtype();
            if (dtype == DType.F64) {
                return null;
            }
            if (dtype.isFloating()) {
                mixed |= common != null && common != dtype;
                common = dtype;
            }
        }
        return switch (this) {
            case NARROW -> narrow;
            case WIDE -> DType.F32;
            case WIDEST -> mixed ? DType.F32 : null;
            case AS_THEY_ARE -> null;
        };
    }

    static CastPolicy of(Op op) {
        return switch (op) {
            case MatMul product -> NARROW;
            case LinearProduct linear -> NARROW;
            case QuantizedProduct product -> NARROW;
            case IntegerProduct product -> WIDE;
            case DynamicQuantize quantize -> WIDE;
            case Convolution2d conv -> NARROW;
            case Convolution2dRelu conv -> NARROW;
            case Convolution2dInputGrad grad -> NARROW;
            case Convolution2dWeightGrad grad -> NARROW;
            case Attention attention -> NARROW;
            // with 16-bit operands it takes the logarithms of sums in F32
            case AttentionGrad grad -> AS_THEY_ARE;
            case Recurrence recurrence -> NARROW;
            case RecurrenceGrad grad -> NARROW;
            case Softmax softmax -> WIDE;
            case SoftmaxGrad grad -> WIDE;
            case CrossEntropy loss -> WIDE;
            case CrossEntropyGrad grad -> WIDE;
            case LayerNormalization norm -> WIDE;
            case LayerNormalizationGrad grad -> WIDE;
            case BatchNormalization norm -> WIDE;
            case BatchNormalizationGrad grad -> WIDE;
            case Linalg linalg -> WIDE;
            case Scan scan -> WIDE;
            case Reduce reduce -> of(reduce.kind());
            case Unary unary -> of(unary);
            case UnaryWith unary -> of(unary.kind());
            case Binary.POW -> WIDE;
            case Binary binary -> WIDEST;
            case Compare compare -> WIDEST;
            case Ternary ternary -> WIDEST;
            case Cat cat -> WIDEST;
            case IndexAdd add -> WIDEST;
            case Scatter scatter -> WIDEST;
            case MaxPooling2d pool -> AS_THEY_ARE;
            case MaxPooling2dGrad grad -> AS_THEY_ARE;
            case AveragePooling2d pool -> AS_THEY_ARE;
            case AveragePooling2dGrad grad -> AS_THEY_ARE;
            case RandomDropout dropout -> AS_THEY_ARE;
            case ArgReduce reduce -> AS_THEY_ARE;
            case Sort sort -> AS_THEY_ARE;
            case Pad pad -> AS_THEY_ARE;
            case SliceGrad grad -> AS_THEY_ARE;
            case IndexSelect select -> AS_THEY_ARE;
            case Gather gather -> AS_THEY_ARE;
            case Cast cast -> AS_THEY_ARE;
            case Copy copy -> AS_THEY_ARE;
            case Source source -> AS_THEY_ARE;
            case Update update -> AS_THEY_ARE;
            case Op.Structural structural -> AS_THEY_ARE;
        };
    }

    private static CastPolicy of(Reduce.Kind kind) {
        return switch (kind) {
            case SUM, MEAN, PROD -> WIDE;
            case AMAX, AMIN, ANY, ALL -> AS_THEY_ARE;
        };
    }

    private static CastPolicy of(Unary op) {
        return switch (op) {
            case EXP, EXPM1, LOG, LOG1P, SQUARE, RSQRT, RECIPROCAL, TAN, ASIN, ACOS, SINH, COSH, SOFTPLUS -> WIDE;
            case NEG,
                    ABS,
                    SIGN,
                    RELU,
                    NOT,
                    SQRT,
                    SIN,
                    COS,
                    ATAN,
                    TANH,
                    SIGMOID,
                    SILU,
                    ERF,
                    GELU,
                    GELU_TANH,
                    HARDSIGMOID,
                    MISH,
                    FLOOR,
                    CEIL,
                    ROUND,
                    TRUNC -> AS_THEY_ARE;
        };
    }

    private static CastPolicy of(UnaryWith.Kind kind) {
        return switch (kind) {
            case POW, RDIV -> WIDE;
            case ADD, MUL, RSUB, DIV, LEAKY_RELU, ELU, CLAMP, HARDTANH -> AS_THEY_ARE;
        };
    }
}
