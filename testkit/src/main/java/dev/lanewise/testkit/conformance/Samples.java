package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
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
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** For every operation, the operands that it is tested with; an operation without any is a compilation error. */
final class Samples {
    /** Vector widths in bytes around which sizes are chosen. */
    private static final int[] VECTORS = {16, 32, 64};

    private Samples() {}

    static List<Sample> of(Op op, DType dtype) {
        return switch (op) {
            case Unary unary -> oneOperand(dtype);
            case UnaryWith unary -> oneOperand(dtype);
            case Cast cast -> oneOperand(dtype);
            case Copy copy -> oneOperand(dtype);
            case Binary binary -> twoOperands(dtype);
            case Compare compare -> twoOperands(dtype);
            case Ternary ternary -> threeOperands();
            case Source source -> List.of(new Sample(source.spec().toString(), make -> new Tensor[0]));
            case Reduce reduce -> reduced(reduce, dtype);
            case ArgReduce reduce -> lines(dtype, false);
            case Scan scan -> lines(dtype, true);
            case Sort sort -> lines(dtype, true);
            case MatMul matMul -> products(dtype);
            case Linalg linalg -> MatrixSamples.linalg(linalg);
            case LinearProduct linear -> MatrixSamples.linear();
            case QuantizedProduct product -> QuantizedSamples.products(product);
            case IntegerProduct product -> QuantizedSamples.integers(product);
            case DynamicQuantize quantize -> oneOperand(dtype);
            case Convolution2d conv -> MatrixSamples.conv(conv);
            case Convolution2dRelu relu -> MatrixSamples.conv(relu.conv());
            case Convolution2dInputGrad grad -> MatrixSamples.convInputGrad(grad);
            case Convolution2dWeightGrad grad -> MatrixSamples.convWeightGrad(grad);
            case MaxPooling2d pool -> images();
            case AveragePooling2d pool -> images();
            case MaxPooling2dGrad grad -> NeuralSamples.pooledWithPositions(grad);
            case AveragePooling2dGrad grad -> NeuralSamples.pooled(grad);
            case Cat cat -> joined(cat.dim());
            case Pad pad -> rankThree();
            case SliceGrad grad ->
                List.of(Sample.of(Shape.of(5, 4, 6).with(grad.slice().dim(), 3)));
            case IndexSelect select -> selected(select.dim());
            case IndexAdd add -> added(add);
            case Gather gather -> gathered(gather.dim());
            case Scatter scatter -> scattered(scatter.dim());
            case Softmax softmax -> rankThree();
            case SoftmaxGrad grad -> NeuralSamples.softmaxGrad(grad);
            case RandomDropout dropout -> oneOperand(dtype);
            case CrossEntropy loss -> NeuralSamples.crossEntropy();
            case CrossEntropyGrad grad -> NeuralSamples.crossEntropyGrad(grad);
            case LayerNormalization norm -> NeuralSamples.layerNorm(norm.dims());
            case LayerNormalizationGrad grad -> NeuralSamples.layerNormGrad(grad);
            case BatchNormalization norm -> NeuralSamples.batchNorm();
            case BatchNormalizationGrad grad -> NeuralSamples.batchNormGrad(grad);
            case Attention attention -> NeuralSamples.attention();
            case AttentionGrad grad -> NeuralSamples.attentionGrad(grad);
            case Recurrence recurrence -> NeuralSamples.recurrence(recurrence);
            case RecurrenceGrad grad -> NeuralSamples.recurrenceGrad(grad);
            case Update update -> updates(update);
            case Op.Structural structural -> List.of();
        };
    }

    /** 1, L - 1, L, L + 1 and 2 L + 3 elements for the lanes L of every vector width. */
    private static List<Long> lengths(DType dtype) {
        TreeSet<Long> lengths = new TreeSet<>(List.of(1L));
        for (int bytes : VECTORS) {
            long lanes = bytes / dtype.bytes();
            lengths.addAll(List.of(Math.max(lanes - 1, 1), lanes, lanes + 1, 2 * lanes + 3));
        }
        return List.copyOf(lengths);
    }

    private static List<Shape> shapes(DType dtype) {
        List<Shape> shapes = new ArrayList<>(List.of(
                Shape.SCALAR,
                Shape.of(0),
                Shape.of(3, 0, 2),
                Shape.of(1, 1, 1),
                Shape.of(2, 3, 5),
                Shape.of(4, 1, 2, 3)));
        for (long length : lengths(dtype)) {
            shapes.add(Shape.of(length));
            shapes.add(Shape.of(3, length));
        }
        return shapes;
    }

    private static List<Sample> oneOperand(DType dtype) {
        return shapes(dtype).stream().map(shape -> Sample.of(shape)).toList();
    }

    private static List<Sample> twoOperands(DType dtype) {
        List<Sample> samples = new ArrayList<>();
        shapes(dtype).forEach(shape -> samples.add(Sample.of(shape, shape)));
        samples.add(Sample.of(Shape.of(3, 1, 5), Shape.of(4, 1)));
        samples.add(Sample.of(Shape.SCALAR, Shape.of(37)));
        samples.add(Sample.of(Shape.of(37), Shape.of(1)));
        samples.add(Sample.of(Shape.of(2, 1, 35), Shape.of(1, 3, 1)));
        samples.add(Sample.of(Shape.of(7, 19), Shape.of(19)));
        samples.add(Sample.of(Shape.of(7, 1), Shape.of(7, 19)));
        samples.add(Sample.of(Shape.of(1), Shape.of(0)));
        return samples;
    }

    /** A condition and two branches, of every type. */
    private static List<Sample> threeOperands() {
        List<Sample> samples = new ArrayList<>();
        for (DType dtype : DType.values()) {
            for (Shape[] shapes : new Shape[][] {
                {Shape.of(37), Shape.of(37), Shape.of(37)},
                {Shape.SCALAR, Shape.SCALAR, Shape.SCALAR},
                {Shape.of(0), Shape.of(0), Shape.of(0)},
                {Shape.of(3, 35), Shape.of(3, 35), Shape.SCALAR},
                {Shape.of(4, 1), Shape.of(33), Shape.of(2, 1, 33)},
                {Shape.of(33), Shape.of(5, 1), Shape.SCALAR}
            }) {
                samples.add(new Sample(shapes[0] + " ? " + dtype + shapes[1] + " : " + shapes[2], make -> new Tensor[] {
                    make.any(DType.BOOL, shapes[0].toArray()),
                    make.any(dtype, shapes[1].toArray()),
                    make.any(dtype, shapes[2].toArray())
                }));
            }
        }
        return samples;
    }

    private static List<Sample> rankThree() {
        return List.of(
                Sample.of(Shape.of(3, 5, 7)),
                Sample.of(Shape.of(1, 1, 1)),
                Sample.of(Shape.of(2, 1, 35)),
                Sample.of(Shape.of(2, 19, 16)),
                Sample.of(Shape.of(33, 2, 3)));
    }

    private static List<Sample> lines(DType dtype, boolean empty) {
        List<Sample> samples = new ArrayList<>(rankThree());
        for (long length : lengths(dtype)) {
            samples.add(Sample.of(Shape.of(2, 3, length)));
        }
        if (empty) {
            samples.add(Sample.of(Shape.of(2, 0, 3)));
        }
        return samples;
    }

    private static List<Sample> reduced(Reduce reduce, DType dtype) {
        boolean extreme = reduce.kind() == Reduce.Kind.AMAX || reduce.kind() == Reduce.Kind.AMIN;
        List<Sample> samples = new ArrayList<>(lines(dtype, !extreme));
        if (reduce.dims().isEmpty()) {
            samples.add(Sample.of(Shape.SCALAR));
        }
        return samples;
    }

    private static List<Sample> products(DType dtype) {
        List<Sample> samples = new ArrayList<>();
        for (long n : lengths(dtype)) {
            samples.add(Sample.of(Shape.of(3, 5), Shape.of(5, n)));
            samples.add(Sample.of(Shape.of(n, 7), Shape.of(7, 3)));
            samples.add(Sample.of(Shape.of(2, n), Shape.of(n, 3)));
        }
        samples.add(Sample.of(Shape.of(1, 1), Shape.of(1, 1)));
        samples.add(Sample.of(Shape.of(0, 3), Shape.of(3, 2)));
        samples.add(Sample.of(Shape.of(2, 0), Shape.of(0, 3)));
        samples.add(Sample.of(Shape.of(2, 1, 4, 5), Shape.of(3, 5, 6)));
        samples.add(Sample.of(Shape.of(4, 5), Shape.of(3, 5, 6)));
        samples.add(Sample.of(Shape.of(3, 4, 5), Shape.of(5, 6)));
        samples.add(Sample.of(Shape.of(53, 70), Shape.of(70, 45)));
        return samples;
    }

    private static List<Sample> images() {
        return List.of(Sample.of(Shape.of(2, 3, 9, 10)), Sample.of(Shape.of(1, 17, 10, 21)));
    }

    private static List<Sample> joined(int dim) {
        Shape shape = Shape.of(3, 4, 5);
        return List.of(
                Sample.of(shape),
                Sample.of(shape, shape.with(dim, 1), shape.with(dim, 7)),
                Sample.of(shape.with(dim, 0), shape));
    }

    private static List<Sample> selected(int dim) {
        long[][] indices = {{7}, {}, {2, 3}, {0}};
        List<Sample> samples = new ArrayList<>();
        for (long[] index : indices) {
            samples.add(new Sample("positions " + Shape.of(index), make -> new Tensor[] {
                make.any(6, 5, 17), make.index(Shape.of(6, 5, 17).size(dim), index)
            }));
        }
        return samples;
    }

    private static List<Sample> added(IndexAdd add) {
        long[][] indices = {{7}, {2, 3}, {0}};
        List<Sample> samples = new ArrayList<>();
        for (long[] index : indices) {
            Shape rest = Shape.of(4, 5, 17);
            Shape slices = rest.slice(0, add.dim()).concat(Shape.of(index)).concat(rest.slice(add.dim() + 1, 3));
            samples.add(new Sample("positions " + Shape.of(index), make ->
                    new Tensor[] {make.any(slices.toArray()), make.index(add.size(), index)}));
        }
        return samples;
    }

    private static List<Sample> gathered(int dim) {
        long[] index = Shape.of(3, 4, 5).with(dim, 9).toArray();
        return List.of(
                new Sample("fewer", make -> new Tensor[] {make.any(4, 5, 6), make.index(4, index)}),
                new Sample("none", make -> new Tensor[] {make.any(4, 5, 6), make.index(4, 0, 0, 0)}));
    }

    private static List<Sample> scattered(int dim) {
        long[] index = Shape.of(3, 4, 5).with(dim, 9).toArray();
        return List.of(
                new Sample("fewer", make -> new Tensor[] {make.any(4, 5, 6), make.index(4, index), make.any(index)}),
                new Sample(
                        "none", make -> new Tensor[] {make.any(4, 5, 6), make.index(4, 0, 0, 0), make.any(0, 0, 0)}));
    }

    /** Two parameters, each with its gradient and its state (not negative, as squares are). */
    private static List<Sample> updates(Update update) {
        return List.of(new Sample("[37] and [3, 5]", make -> {
            List<Tensor> operands = new ArrayList<>();
            for (long[] sizes : new long[][] {{37}, {3, 5}}) {
                operands.add(make.any(sizes));
                operands.add(make.any(sizes));
                for (int state = 2; state < update.operands(); state++) {
                    operands.add(make.positive(sizes));
                }
            }
            return operands.toArray(Tensor[]::new);
        }));
    }
}
