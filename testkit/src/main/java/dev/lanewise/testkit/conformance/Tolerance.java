package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.ArgReduce;
import dev.lanewise.tensor.op.Attention;
import dev.lanewise.tensor.op.AttentionGrad;
import dev.lanewise.tensor.op.AvgPool2d;
import dev.lanewise.tensor.op.AvgPool2dGrad;
import dev.lanewise.tensor.op.BatchNormGrad;
import dev.lanewise.tensor.op.Binary;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Cat;
import dev.lanewise.tensor.op.Compare;
import dev.lanewise.tensor.op.Conv2d;
import dev.lanewise.tensor.op.Conv2dInputGrad;
import dev.lanewise.tensor.op.Conv2dWeightGrad;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Dropout;
import dev.lanewise.tensor.op.Gather;
import dev.lanewise.tensor.op.IndexAdd;
import dev.lanewise.tensor.op.IndexSelect;
import dev.lanewise.tensor.op.LayerNormGrad;
import dev.lanewise.tensor.op.Linalg;
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
import dev.lanewise.tensor.op.Sort;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Ternary;
import dev.lanewise.tensor.op.Unary;
import dev.lanewise.tensor.op.UnaryWith;
import dev.lanewise.tensor.op.Update;
import java.util.Set;

/**
 * How far a result may be from the oracle's: {@code |got - want| <= relative |want| + absolute max(1, largest |want|)}.
 * The second term is of the whole tensor because sums lose digits to their largest terms.
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
            case Dropout dropout -> rounded(result);
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
            case MaxPool2d pool -> EXACT;
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
            case MaxPool2dGrad grad -> stored(result);
            case Linalg linalg -> result == DType.F64 ? new Tolerance(1e-9, 1e-10) : new Tolerance(1e-3, 1e-4);
            case MatMul matMul -> summed(result);
            case Scan scan -> summed(result);
            case Conv2d conv -> summed(result);
            case Conv2dInputGrad grad -> summed(result);
            case Conv2dWeightGrad grad -> summed(result);
            case AvgPool2d pool -> summed(result);
            case AvgPool2dGrad grad -> summed(result);
            case Attention attention -> cancelling(result);
            case AttentionGrad grad -> cancelling(result);
            case Recurrence recurrence -> cancelling(result);
            case RecurrenceGrad grad -> cancelling(result);
            case LayerNormGrad grad -> cancelling(result);
            case BatchNormGrad grad -> cancelling(result);
            case Op.Fused fused -> summed(result);
        };
    }

    /** For infinities, denormals and the largest numbers: what PyTorch's own reference cases ask for. */
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

    /** Differences of sums, and exponentials of sums: some bits more are lost. */
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
