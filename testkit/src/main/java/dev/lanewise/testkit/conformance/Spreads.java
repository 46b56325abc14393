package dev.lanewise.testkit.conformance;

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
import java.util.List;

/**
 * The kinds of numbers for which an operation's results must equal the oracle's.
 *
 * @param all the kinds of numbers
 * @param sums whether results are sums of operands or of their products, so that the terms' sizes bound the error
 */
record Spreads(List<Spread> all, boolean sums) {
    private static final Spreads EVERY = new Spreads(List.of(Spread.values()), false);
    private static final Spreads SUMS = new Spreads(List.of(Spread.values()), true);

    /** Where a result may leave the type's range on the way, and the order of the steps decides whether it does. */
    private static final Spreads MODERATE =
            new Spreads(List.of(Spread.ORDINARY, Spread.TIES, Spread.ZEROS, Spread.CONSTANT), false);

    private static final Spreads PRODUCTS =
            new Spreads(List.of(Spread.ORDINARY, Spread.TIES, Spread.ZEROS, Spread.CONSTANT, Spread.NON_FINITE), false);

    static Spreads of(Op op) {
        return switch (op) {
            case Unary unary -> EVERY;
            case UnaryWith unary -> EVERY;
            case Cast cast -> EVERY;
            case Copy copy -> EVERY;
            // what a gradient formula gives at infinity depends on how it is written
            case Binary binary -> binary.opName().endsWith("_grad") ? MODERATE : EVERY;
            case Compare compare -> EVERY;
            case Ternary ternary -> EVERY;
            case Source source -> EVERY;
            case Reduce reduce ->
                switch (reduce.kind()) {
                    case SUM, MEAN -> SUMS;
                    case PROD -> PRODUCTS;
                    case AMAX, AMIN, ANY, ALL -> EVERY;
                };
            case ArgReduce reduce -> EVERY;
            case Scan scan -> scan.kind() == Scan.Kind.CUMPROD ? PRODUCTS : SUMS;
            case Sort sort -> EVERY;
            case MatMul matMul -> SUMS;
            case LinearProduct linear -> SUMS;
            // numbers less an offset are summed up apart from it, which no infinity survives
            case QuantizedProduct product -> MODERATE;
            case IntegerProduct product -> EVERY;
            case DynamicQuantize quantize -> EVERY;
            case Linalg linalg -> MODERATE;
            case Convolution2d conv -> SUMS;
            case Convolution2dRelu conv -> SUMS;
            case Convolution2dInputGrad grad -> SUMS;
            case Convolution2dWeightGrad grad -> SUMS;
            case MaxPooling2d pool -> EVERY;
            case AveragePooling2d pool -> SUMS;
            case MaxPooling2dGrad grad -> SUMS;
            case AveragePooling2dGrad grad -> SUMS;
            case Cat cat -> EVERY;
            case Pad pad -> EVERY;
            case SliceGrad grad -> EVERY;
            case IndexSelect select -> EVERY;
            case IndexAdd add -> SUMS;
            case Gather gather -> EVERY;
            case Scatter scatter ->
                switch (scatter.kind()) {
                    case ADD -> SUMS;
                    case MUL -> PRODUCTS;
                    case SET, AMAX, AMIN -> EVERY;
                };
            case Softmax softmax -> EVERY;
            case SoftmaxGrad grad -> MODERATE;
            case RandomDropout dropout -> EVERY;
            case CrossEntropy loss -> MODERATE;
            case CrossEntropyGrad grad -> MODERATE;
            case LayerNormalization norm -> MODERATE;
            case LayerNormalizationGrad grad -> MODERATE;
            case BatchNormalization norm -> MODERATE;
            case BatchNormalizationGrad grad -> MODERATE;
            case Attention attention -> MODERATE;
            case AttentionGrad grad -> MODERATE;
            case Recurrence recurrence -> MODERATE;
            case RecurrenceGrad grad -> MODERATE;
            case Update update -> MODERATE;
            case Op.Structural structural -> EVERY;
        };
    }
}
