package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
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

/** For every operation, operands large enough that a backend splits the work. */
final class LargeSamples {
    /** Not a multiple of any block or vector. */
    private static final long ELEMENTS = 300_007;

    private LargeSamples() {}

    static Sample of(Op op) {
        return switch (op) {
            case Unary unary -> Sample.of(Shape.of(ELEMENTS));
            case UnaryWith unary -> Sample.of(Shape.of(ELEMENTS));
            case Cast cast -> Sample.of(Shape.of(ELEMENTS));
            case Copy copy -> Sample.of(Shape.of(ELEMENTS));
            case RandomDropout dropout -> Sample.of(Shape.of(ELEMENTS));
            case Binary binary -> Sample.of(Shape.of(ELEMENTS), Shape.of(ELEMENTS));
            case Compare compare -> Sample.of(Shape.of(ELEMENTS), Shape.of(ELEMENTS));
            case Ternary ternary -> Sample.of(Shape.of(ELEMENTS), Shape.of(ELEMENTS), Shape.of(ELEMENTS));
            case Source source -> new Sample(source.spec().toString(), make -> new Tensor[0]);
            case Reduce reduce -> Sample.of(Shape.of(61, 157, 33));
            case ArgReduce reduce -> Sample.of(Shape.of(61, 157, 33));
            case Scan scan -> Sample.of(Shape.of(61, 157, 33));
            case Sort sort -> Sample.of(Shape.of(13, 157, 33));
            case Softmax softmax -> Sample.of(Shape.of(61, 157, 33));
            case SoftmaxGrad grad -> Sample.of(Shape.of(61, 157, 33), Shape.of(61, 157, 33));
            case MatMul matMul -> Sample.of(Shape.of(2, 301, 259), Shape.of(259, 203));
            case LinearProduct linear -> Sample.of(Shape.of(301, 259), Shape.of(203, 259), Shape.of(203));
            case QuantizedProduct product ->
                QuantizedSamples.product(
                        product, Shape.of(117), 301, 3L * product.format().elements());
            case IntegerProduct product -> QuantizedSamples.integers(product, Shape.of(117), 559, 203, true);
            case DynamicQuantize quantize -> Sample.of(Shape.of(ELEMENTS));
            case Linalg linalg -> MatrixSamples.linalg(linalg).getFirst();
            case Convolution2d conv -> conv(conv);
            case Convolution2dRelu relu -> conv(relu.conv());
            case Convolution2dInputGrad grad ->
                convInputGrad(new Convolution2dInputGrad(grad.conv(), grad.h(), grad.w()));
            case Convolution2dWeightGrad grad -> convWeightGrad(grad);
            case MaxPooling2d pool -> Sample.of(Shape.of(5, 30, 41, 43));
            case AveragePooling2d pool -> Sample.of(Shape.of(5, 30, 41, 43));
            case MaxPooling2dGrad grad -> pooled(grad);
            case AveragePooling2dGrad grad ->
                Sample.of(Shape.of(
                        50,
                        60,
                        grad.forward().pool().outputH(grad.h()),
                        grad.forward().pool().outputW(grad.w())));
            case Cat cat -> Sample.of(Shape.of(61, 57, 33), Shape.of(61, 57, 33));
            case Pad pad -> Sample.of(Shape.of(61, 157, 33));
            case SliceGrad grad ->
                Sample.of(Shape.of(61, 57, 33).with(grad.slice().dim(), 3));
            case IndexSelect select -> indexed(Shape.of(61, 57, 33), select.dim());
            case IndexAdd add -> added(add);
            case Gather gather -> gathered(Shape.of(61, 57, 33), gather.dim(), false);
            case Scatter scatter -> gathered(Shape.of(61, 57, 33), scatter.dim(), true);
            case CrossEntropy loss -> crossEntropy();
            case CrossEntropyGrad grad -> crossEntropyGrad(grad);
            case LayerNormalization norm -> layerNorm(norm.dims());
            case LayerNormalizationGrad grad -> layerNormGrad(grad);
            case BatchNormalization norm -> Sample.of(Shape.of(19, 37, 21, 22), Shape.of(37), Shape.of(37));
            case BatchNormalizationGrad grad -> batchNormGrad();
            case Attention attention -> attention();
            case AttentionGrad grad -> attentionGrad(grad);
            case Recurrence recurrence -> NeuralSamples.recurrence(recurrence, 33, 2, 65, 70);
            case RecurrenceGrad grad ->
                NeuralSamples.recurrenceGrad(grad, NeuralSamples.recurrence(grad.forward(), 33, 2, 65, 70));
            case Update update -> update(update);
            case Op.Structural structural -> throw new IllegalArgumentException(structural.opName() + " runs nowhere");
        };
    }

    private static Sample conv(Convolution2d conv) {
        return Sample.of(
                Shape.of(5, 8L * conv.groups(), 30, 31),
                Shape.of(16L * conv.groups(), 8, 3, 3),
                Shape.of(16L * conv.groups()));
    }

    private static Sample convInputGrad(Convolution2dInputGrad grad) {
        Convolution2d conv = grad.conv();
        return Sample.of(
                Shape.of(17, 16L * conv.groups(), conv.outputH(grad.h(), 3), conv.outputW(grad.w(), 3)),
                Shape.of(16L * conv.groups(), 8, 3, 3));
    }

    private static Sample convWeightGrad(Convolution2dWeightGrad grad) {
        Convolution2d conv = grad.conv();
        return Sample.of(
                Shape.of(17, 16L * conv.groups(), conv.outputH(19, grad.r()), conv.outputW(20, grad.s())),
                Shape.of(17, 8L * conv.groups(), 19, 20));
    }

    private static Sample pooled(MaxPooling2dGrad grad) {
        long[] sizes = {50, 60, grad.pool().outputH(grad.h()), grad.pool().outputW(grad.w())};
        return new Sample("pooled", make -> new Tensor[] {make.any(sizes), make.index(grad.h() * grad.w(), sizes)});
    }

    private static Sample indexed(Shape shape, int dim) {
        return new Sample("indexed", make ->
                new Tensor[] {make.any(shape.toArray()), make.index(shape.size(dim), 113)});
    }

    private static Sample added(IndexAdd add) {
        long[] sizes = Shape.of(61, 57, 33).with(add.dim(), 113).toArray();
        return new Sample("added", make -> new Tensor[] {make.any(sizes), make.index(add.size(), 113)});
    }

    private static Sample gathered(Shape shape, int dim, boolean source) {
        long[] sizes = shape.toArray();
        return new Sample("gathered", make -> {
            Tensor index = make.index(shape.size(dim), sizes);
            return source
                    ? new Tensor[] {make.any(sizes), index, make.any(sizes)}
                    : new Tensor[] {make.any(sizes), index};
        });
    }

    private static Sample crossEntropy() {
        return new Sample("[2003, 101]", make -> new Tensor[] {make.any(2003, 101), make.index(101, 2003)});
    }

    private static Sample crossEntropyGrad(CrossEntropyGrad grad) {
        long[] loss = grad.forward().reduction() == Reduction.NONE ? new long[] {2003} : new long[0];
        return new Sample("[2003, 101]", make ->
                new Tensor[] {make.any(loss), make.any(2003, 101).logSoftmax(1), make.index(101, 2003)});
    }

    private static Sample layerNorm(int dims) {
        Shape affine = Shape.of(61, 57, 33).slice(3 - dims, 3);
        return Sample.of(Shape.of(61, 57, 33), affine, affine);
    }

    private static Sample layerNormGrad(LayerNormalizationGrad grad) {
        Shape shape = Shape.of(61, 57, 33);
        long[] leading = shape.slice(0, 3 - grad.forward().dims()).toArray();
        long[] affine = shape.slice(3 - grad.forward().dims(), 3).toArray();
        return new Sample("[61, 57, 33]", make -> new Tensor[] {
            make.any(61, 57, 33), make.any(61, 57, 33), make.any(leading), make.positive(leading), make.any(affine)
        });
    }

    private static Sample batchNormGrad() {
        return new Sample("[19, 37, 21, 22]", make -> new Tensor[] {
            make.any(19, 37, 21, 22), make.any(19, 37, 21, 22), make.any(37), make.any(37), make.positive(37)
        });
    }

    private static Sample attention() {
        return Sample.of(Shape.of(3, 5, 129, 32), Shape.of(3, 5, 140, 32), Shape.of(3, 5, 140, 32));
    }

    private static Sample attentionGrad(AttentionGrad grad) {
        Sample forward = attention();
        return new Sample(forward.name(), make -> {
            Tensor[] in = forward.operands().apply(make);
            Tensor[] y = grad.forward().decompose(in);
            return new Tensor[] {make.any(y[0].shape().toArray()), in[0], in[1], in[2], y[0], y[1]};
        });
    }

    private static Sample update(Update update) {
        return new Sample("two parameters", make -> {
            Tensor[] operands = new Tensor[2 * update.operands()];
            for (int i = 0; i < operands.length; i++) {
                boolean first = i < update.operands();
                operands[i] = first ? make.positive(ELEMENTS) : make.positive(3, 1001);
            }
            return operands;
        });
    }
}
