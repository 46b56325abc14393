package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.ArgReduce;
import dev.lanewise.tensor.op.Attention;
import dev.lanewise.tensor.op.AttentionGrad;
import dev.lanewise.tensor.op.AvgPool2d;
import dev.lanewise.tensor.op.AvgPool2dGrad;
import dev.lanewise.tensor.op.BatchNorm;
import dev.lanewise.tensor.op.BatchNormGrad;
import dev.lanewise.tensor.op.Binary;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Cat;
import dev.lanewise.tensor.op.Compare;
import dev.lanewise.tensor.op.Conv2d;
import dev.lanewise.tensor.op.Conv2dInputGrad;
import dev.lanewise.tensor.op.Conv2dWeightGrad;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.CrossEntropy;
import dev.lanewise.tensor.op.CrossEntropyGrad;
import dev.lanewise.tensor.op.Dropout;
import dev.lanewise.tensor.op.Gather;
import dev.lanewise.tensor.op.IndexAdd;
import dev.lanewise.tensor.op.IndexSelect;
import dev.lanewise.tensor.op.LayerNorm;
import dev.lanewise.tensor.op.LayerNormGrad;
import dev.lanewise.tensor.op.Linalg;
import dev.lanewise.tensor.op.Linear;
import dev.lanewise.tensor.op.MatMul;
import dev.lanewise.tensor.op.MaxPool2d;
import dev.lanewise.tensor.op.MaxPool2dGrad;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Pad;
import dev.lanewise.tensor.op.Recurrence;
import dev.lanewise.tensor.op.RecurrenceGrad;
import dev.lanewise.tensor.op.Reduce;
import dev.lanewise.tensor.op.Scan;
import dev.lanewise.tensor.op.Scatter;
import dev.lanewise.tensor.op.SliceGrad;
import dev.lanewise.tensor.op.Softmax;
import dev.lanewise.tensor.op.SoftmaxGrad;
import dev.lanewise.tensor.op.Sort;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Ternary;
import dev.lanewise.tensor.op.Unary;
import dev.lanewise.tensor.op.UnaryWith;
import dev.lanewise.tensor.op.Update;
import org.jspecify.annotations.Nullable;

/** Which type an operation's operands get in a region of automatic casts; PyTorch's choices wherever it has the op. */
enum CastPolicy {
    /** The region's 16-bit type: much arithmetic on few numbers, with sums kept in F32. */
    NARROW,
    /** F32: sums of many elements, and functions whose results outgrow F16 or lose what matters in BF16. */
    WIDE,
    /** F32 if the operands' types differ. */
    WIDEST,
    /** What the operands have. */
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
            case Linear linear -> NARROW;
            case Conv2d conv -> NARROW;
            case Conv2dInputGrad grad -> NARROW;
            case Conv2dWeightGrad grad -> NARROW;
            case Attention attention -> NARROW;
            // beside operands of 16 bits it takes the logarithms of sums in F32
            case AttentionGrad grad -> AS_THEY_ARE;
            case Recurrence recurrence -> NARROW;
            case RecurrenceGrad grad -> NARROW;
            case Softmax softmax -> WIDE;
            case SoftmaxGrad grad -> WIDE;
            case CrossEntropy loss -> WIDE;
            case CrossEntropyGrad grad -> WIDE;
            case LayerNorm norm -> WIDE;
            case LayerNormGrad grad -> WIDE;
            case BatchNorm norm -> WIDE;
            case BatchNormGrad grad -> WIDE;
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
            case MaxPool2d pool -> AS_THEY_ARE;
            case MaxPool2dGrad grad -> AS_THEY_ARE;
            case AvgPool2d pool -> AS_THEY_ARE;
            case AvgPool2dGrad grad -> AS_THEY_ARE;
            case Dropout dropout -> AS_THEY_ARE;
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
