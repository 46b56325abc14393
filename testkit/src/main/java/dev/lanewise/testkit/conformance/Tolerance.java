package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
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
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import java.util.Set;

/**
 * How far a result may be from the oracle's: {@code |got - want| <= relative |want| + absolute max(1, largest |want|)}.
 * The second term refers to the whole tensor because sums lose digits to their largest terms.
 */
record Tolerance(double relative, double absolute) {
    /** The same value (zeros of both signs are the same). */
    static final Tolerance EXACT = new Tolerance(0, 0);

    private static final Set<Op> EXACT_FUNCTIONS = Set.of(
            Unary.NEG,
            Unary.ABS,
            Unary.SIGN,
            Unary.RELU,
            Unary.NOT,
            Unary.FLOOR,
            Unary.CEIL,
            Unary.ROUND,
            Unary.TRUNC,
            Binary.MAXIMUM,
            Binary.MINIMUM,
            Binary.RELU_GRAD);

    /** For ordinary values. */
    static Tolerance of(Op op, DType result) {
        if (!result.isFloating() || EXACT_FUNCTIONS.contains(op)) {
            return EXACT;
        }
        return switch (op) {
            case Unary unary -> rounded(result);
            case UnaryWith unary -> rounded(result);
            case Binary binary -> rounded(result);
            case Update update -> rounded(result);
            case RandomDropout dropout -> rounded(result);
            case Source source -> source instanceof Source.Fill ? EXACT : rounded(result);
            case Compare compare -> EXACT;
            case Ternary ternary -> EXACT;
            case Cast cast -> EXACT;
            case Copy copy -> EXACT;
            case ArgReduce reduce -> EXACT;
            case Sort sort -> EXACT;
            case Cat cat -> EXACT;
            case Pad pad -> EXACT;
            case SliceGrad grad -> EXACT;
            case IndexSelect select -> EXACT;
            case Gather gather -> EXACT;
            case MaxPooling2d pool -> EXACT;
            case Op.Structural structural -> EXACT;
            case Reduce reduce ->
                switch (reduce.kind()) {
                    case AMAX, AMIN, ANY, ALL -> EXACT;
                    case SUM, MEAN, PROD -> summed(result);
                };
            case Scatter scatter ->
                switch (scatter.kind()) {
                    case SET, AMAX, AMIN -> EXACT;
                    case ADD, MUL -> stored(result);
                };
            case IndexAdd add -> stored(result);
            case MaxPooling2dGrad grad -> stored(result);
            case Linalg linalg -> result == DType.F64 ? new Tolerance(1e-9, 1e-10) : new Tolerance(1e-3, 1e-4);
            case MatMul matMul -> summed(result);
            case Scan scan -> summed(result);
            case Convolution2d conv -> summed(result);
            case Convolution2dInputGrad grad -> summed(result);
            case Convolution2dWeightGrad grad -> summed(result);
            case AveragePooling2d pool -> summed(result);
            case AveragePooling2dGrad grad -> summed(result);
            case Attention attention -> cancelling(result);
            case AttentionGrad grad -> cancelling(result);
            case Recurrence recurrence -> cancelling(result);
            case RecurrenceGrad grad -> cancelling(result);
            case LayerNormalizationGrad grad -> cancelling(result);
            case BatchNormalizationGrad grad -> cancelling(result);
            case Op.Fused fused -> summed(result);
        };
    }

    /** For infinities, denormals and the largest numbers: what PyTorch's own reference cases require. */
    static Tolerance extreme(Op op, DType result) {
        if (!result.isFloating() || EXACT_FUNCTIONS.contains(op)) {
            return EXACT;
        }
        return switch (result) {
            case F32 -> new Tolerance(1e-4, 1e-6);
            case F64 -> new Tolerance(1e-9, 1e-12);
            case F16, BF16 -> rounded(result);
            case I8, U8, I32, I64, BOOL -> EXACT;
        };
    }

    /** One function of an element: a few units in the last place. */
    private static Tolerance rounded(DType dtype) {
        return switch (dtype) {
            case F32 -> new Tolerance(4e-6, 1e-6);
            case F64 -> new Tolerance(1e-11, 1e-13);
            case F16 -> new Tolerance(0x1p-10, 1e-6);
            case BF16 -> new Tolerance(0x1p-7, 1e-6);
            case I8, U8, I32, I64, BOOL -> EXACT;
        };
    }

    /** Sums of products; narrow types may keep one intermediate result in their own precision. */
    private static Tolerance summed(DType dtype) {
        return switch (dtype) {
            case F32 -> new Tolerance(1e-5, 2e-6);
            case F64 -> new Tolerance(1e-11, 1e-13);
            case F16 -> new Tolerance(0x1p-9, 0x1p-10);
            case BF16 -> new Tolerance(0x1p-6, 0x1p-7);
            case I8, U8, I32, I64, BOOL -> EXACT;
        };
    }

    /** Differences of sums, and exponentials of sums: a few more bits are lost. */
    private static Tolerance cancelling(DType dtype) {
        Tolerance sums = summed(dtype);
        return dtype == DType.F32 || dtype == DType.F64 ? new Tolerance(10 * sums.relative, 10 * sums.absolute) : sums;
    }

    /** Sums that are stored after every term. */
    private static Tolerance stored(DType dtype) {
        return switch (dtype) {
            case F32, F64 -> summed(dtype);
            case F16 -> new Tolerance(0x1p-7, 0x1p-8);
            case BF16 -> new Tolerance(0x1p-4, 0x1p-5);
            case I8, U8, I32, I64, BOOL -> EXACT;
        };
    }
}
