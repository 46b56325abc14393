package dev.lanewise.testkit.conformance;

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
import java.util.List;

/**
 * On which numbers an operation's results must be the oracle's.
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
            case Linear linear -> SUMS;
            case Linalg linalg -> MODERATE;
            case Conv2d conv -> SUMS;
            case Conv2dInputGrad grad -> SUMS;
            case Conv2dWeightGrad grad -> SUMS;
            case MaxPool2d pool -> EVERY;
            case AvgPool2d pool -> SUMS;
            case MaxPool2dGrad grad -> SUMS;
            case AvgPool2dGrad grad -> SUMS;
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
            case Dropout dropout -> EVERY;
            case CrossEntropy loss -> MODERATE;
            case CrossEntropyGrad grad -> MODERATE;
            case LayerNorm norm -> MODERATE;
            case LayerNormGrad grad -> MODERATE;
            case BatchNorm norm -> MODERATE;
            case BatchNormGrad grad -> MODERATE;
            case Attention attention -> MODERATE;
            case AttentionGrad grad -> MODERATE;
            case Recurrence recurrence -> MODERATE;
            case RecurrenceGrad grad -> MODERATE;
            case Update update -> MODERATE;
            case Op.Structural structural -> EVERY;
        };
    }
}
