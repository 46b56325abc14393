package dev.lanewise.autograd;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Transfer;
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
import dev.lanewise.tensor.op.matrix.QuantizedProduct.Kind;
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
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;

/**
 * The table of gradient rules: one row per op, without {@code default}, so that an op without a rule does not compile.
 * Rules are written in tensor operations and can be differentiated again.
 */
final class VjpRules {
    private VjpRules() {}

    static Rule of(Op op) {
        return switch (op) {
            case Unary unary -> ElementwiseRules.of(unary);
            case UnaryWith unary -> ElementwiseRules.of(unary);
            case Binary binary -> ElementwiseRules.of(binary);
            case Ternary.WHERE -> where();
            case Compare compare -> Rule.NONE;
            case Cast cast -> castBack();
            case Copy.COPY -> Rule.plain(g -> g);
            case Source source -> Rule.NONE;
            case Update update -> Rule.NONE;
            case Reduce reduce -> ReductionRules.of(reduce);
            case ArgReduce argReduce -> Rule.NONE;
            case Scan scan -> ReductionRules.of(scan);
            case Sort sort -> new Rule(0, 2, (c, i) -> scatterZeros(c, sort.dim(), c.y(1)));
            case Reshape reshape -> new Rule(0, 0, (c, i) -> c.g().reshape(c.shape(0)));
            case Permute permute -> Rule.plain(g -> g.apply(permute.inverse()));
            case Expand expand -> Rule.plain(g -> g);
            case Slice slice ->
                new Rule(
                        0,
                        0,
                        (c, i) -> c.g().apply(new SliceGrad(slice, c.shape(0).size(slice.dim()))));
            case SliceGrad grad -> Rule.plain(g -> g.apply(grad.slice()));
            case Transfer transfer -> new Rule(0, 0, (c, i) -> c.g().to(c.device()));
            case Cat cat -> new Rule(0, 0, (c, i) -> catPart(c, cat.dim(), i));
            case Pad pad -> new Rule(0, 0, (c, i) -> unpad(c.g(), pad, c.shape(0)));
            case IndexSelect select ->
                select.dim() == 0 ? new Rule(2, 0, new Rule.OfRows()) : new Rule(2, 0, slices(select));
            case IndexAdd add -> new Rule(2, 0, (c, i) -> c.g().indexSelect(add.dim(), c.x(1)));
            case Gather gather -> new Rule(2, 0, (c, i) -> gatherBack(c, gather.dim()));
            case Scatter scatter -> IndexingRules.of(scatter);
            case MatMul.MATMUL -> Rule.others(VjpRules::matmul);
            case LinearProduct linear -> linear(linear);
            case QuantizedProduct product -> quantized(product);
            case IntegerProduct product -> product.scaled() ? FusedRules.decomposed(product) : Rule.NONE;
            case DynamicQuantize quantize -> Rule.NONE;
            case Convolution2d conv -> new Rule(VjpRules::factor, i -> 0, (c, i) -> conv2d(conv, c, c.g(), i));
            case Convolution2dRelu relu ->
                new Rule(VjpRules::factor, i -> Rule.FIRST, (c, i) -> conv2d(relu.conv(), c, beforeRelu(c), i));
            case Convolution2dInputGrad grad ->
                Rule.others((c, i) -> i == 0
                        ? Tensor.apply(grad.conv(), c.g(), c.x(1))
                        : Tensor.apply(weightGrad(grad.conv(), c.shape(1)), c.x(0), c.g()));
            case Convolution2dWeightGrad grad ->
                Rule.others((c, i) -> i == 0
                        ? Tensor.apply(grad.conv(), c.x(1), c.g())
                        : Tensor.apply(inputGrad(grad.conv(), c.shape(1)), c.x(0), c.g()));
            case MaxPooling2d pool ->
                new Rule(
                        0,
                        2,
                        (c, i) -> Tensor.apply(
                                new MaxPooling2dGrad(
                                        pool.pool(),
                                        c.shape(0).size(2),
                                        c.shape(0).size(3)),
                                c.g(),
                                c.y(1)));
            case MaxPooling2dGrad grad ->
                new Rule(
                        2,
                        0,
                        (c, i) -> c.g().flatten(2).gather(2, c.x(1).flatten(2)).reshape(c.shape(0)));
            case AveragePooling2d pool ->
                new Rule(
                        0,
                        0,
                        (c, i) -> c.g().apply(new AveragePooling2dGrad(
                                pool, c.shape(0).size(2), c.shape(0).size(3))));
            case AveragePooling2dGrad grad -> Rule.plain(g -> g.apply(grad.forward()));
            case Softmax softmax -> Rule.output((g, y) -> Tensor.apply(new SoftmaxGrad(softmax), g, y));
            case RandomDropout dropout -> Rule.plain(g -> g.apply(dropout));
            case CrossEntropy loss -> FusedRules.crossEntropy(loss);
            case LayerNormalization norm -> FusedRules.layerNorm(norm);
            case BatchNormalization norm -> FusedRules.batchNorm(norm);
            case Attention attention -> FusedRules.attention(attention);
            case Recurrence recurrence -> FusedRules.recurrence(recurrence);
            case SoftmaxGrad grad -> FusedRules.decomposed(grad);
            case CrossEntropyGrad grad -> FusedRules.decomposed(grad);
            case LayerNormalizationGrad grad -> FusedRules.decomposed(grad);
            case BatchNormalizationGrad grad -> FusedRules.decomposed(grad);
            case AttentionGrad grad -> FusedRules.decomposed(grad);
            case RecurrenceGrad grad -> FusedRules.decomposed(grad);
            case Linalg linalg -> LinalgRules.of(linalg);
        };
    }

    private static Rule.Vjp slices(IndexSelect select) {
        return (c, i) -> Tensor.apply(new IndexAdd(select.dim(), c.shape(0).size(select.dim())), c.g(), c.x(1));
    }

    private static Rule where() {
        return new Rule(1, 0, (c, i) -> {
            Tensor zero = Tensor.full(0, c.g().dtype(), c.g().device());
            return i == 1 ? c.x(0).where(c.g(), zero) : c.x(0).where(zero, c.g());
        });
    }

    private static Rule castBack() {
        return new Rule(0, 0, (c, i) -> c.g().to(c.dtype(0)));
    }

    private static Tensor zeros(Tensor like, Shape shape) {
        return Tensor.full(0, like.dtype(), like.device(), shape.toArray());
    }

    private static Tensor scatterZeros(Context c, int dim, Tensor index) {
        return zeros(c.g(), c.shape(0)).scatter(dim, index, c.g());
    }

    private static Tensor gatherBack(Context c, int dim) {
        return zeros(c.g(), c.shape(0)).scatterAdd(dim, c.x(1), c.g());
    }

    private static Tensor catPart(Context c, int dim, int input) {
        long start = 0;
        for (int i = 0; i < input; i++) {
            start += c.shape(i).size(dim);
        }
        return c.g().narrow(dim, start, c.shape(input).size(dim));
    }

    private static Tensor unpad(Tensor g, Pad pad, Shape shape) {
        Tensor inner = g;
        for (int d = 0; d < shape.rank(); d++) {
            if (pad.before().get(d) + pad.after().get(d) > 0) {
                inner = inner.narrow(d, pad.before().get(d), shape.size(d));
            }
        }
        return inner;
    }

    private static Tensor matmul(Context c, int input) {
        Tensor g = c.g();
        if (input == 0) {
            return g.matmul(c.x(1).transpose());
        }
        Tensor a = c.x(0);
        // a matrix on the right of a batch: one product over all rows instead of a sum over the batch
        return c.shape(1).rank() == 2 && a.shape().rank() > 2
                ? a.flatten(0, -2).transpose().matmul(g.flatten(0, -2))
                : a.transpose().matmul(g);
    }

    /** What the gradient for an input, a weight or a bias needs: the other factor of the product. */
    private static int factor(int input) {
        return switch (input) {
            case 0 -> Rule.SECOND;
            case 1 -> Rule.FIRST;
            default -> 0;
        };
    }

    private static Rule linear(LinearProduct linear) {
        boolean relu = linear.activation() == LinearProduct.Activation.RELU;
        return new Rule(VjpRules::factor, i -> relu ? Rule.FIRST : 0, (c, i) -> {
            Tensor g = relu ? beforeRelu(c) : c.g();
            return switch (i) {
                case 0 -> g.matmul(c.x(1));
                case 1 -> rows(g).transpose().matmul(rows(c.x(0)));
                default -> rows(g).sum(0);
            };
        });
    }

    /** The gradient before a ReLU that gives the operation's result, computed once for all operands. */
    private static Tensor beforeRelu(Context c) {
        return c.once(() -> new Tensor[] {Tensor.apply(Binary.RELU_GRAD, c.g(), c.y(0))})[0];
    }

    /** Gradients reach what is multiplied, through the same blocks; a weight of few bits has none. */
    private static Rule quantized(QuantizedProduct product) {
        return switch (product.kind()) {
            case UNPACK -> Rule.NONE;
            case LINEAR -> quantizedBack(new QuantizedProduct(Kind.LINEAR_GRAD, product.format()));
            case LINEAR_GRAD -> quantizedBack(new QuantizedProduct(Kind.LINEAR, product.format()));
        };
    }

    private static Rule quantizedBack(QuantizedProduct back) {
        return new Rule(Rule.SECOND, 0, (c, i) -> i == 0 ? Tensor.apply(back, c.g(), c.x(1)) : null);
    }

    /** All leading dimensions as one. */
    private static Tensor rows(Tensor x) {
        return x.shape().rank() == 1 ? x.unsqueeze(0) : x.flatten(0, -2);
    }

    private static Tensor conv2d(Convolution2d conv, Context c, Tensor g, int input) {
        return switch (input) {
            case 0 -> Tensor.apply(inputGrad(conv, c.shape(0)), g, c.x(1));
            case 1 -> Tensor.apply(weightGrad(conv, c.shape(1)), g, c.x(0));
            default -> g.sum(0, 2, 3);
        };
    }

    private static Convolution2dInputGrad inputGrad(Convolution2d conv, Shape x) {
        return new Convolution2dInputGrad(conv, x.size(2), x.size(3));
    }

    private static Convolution2dWeightGrad weightGrad(Convolution2d conv, Shape weight) {
        return new Convolution2dWeightGrad(conv, weight.size(2), weight.size(3));
    }
}
