package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
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
import dev.lanewise.tensor.op.view.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** For every operation, random attributes with matching operands; an operation without them is a compilation error. */
final class HostileOps {
    private static final int MOST_TENSORS = 4;

    private final Dice dice;
    private final DType dtype;

    private HostileOps(Dice dice, DType dtype) {
        this.dice = dice;
        this.dtype = dtype;
    }

    /** Attributes and operands for an operation of the kind of a given one. */
    static Recipe of(Op op, Dice dice) {
        DType dtype = dice.dtype(OracleChecks.dtypes(op));
        return new HostileOps(dice, op == Ternary.WHERE ? dice.dtype(DType.ALL) : dtype).recipe(op);
    }

    private Recipe recipe(Op op) {
        NeuralRecipes neural = new NeuralRecipes(dice, dtype);
        ImageRecipes image = new ImageRecipes(dice, dtype);
        return switch (op) {
            case Unary unary -> plain(unary, dice.shape(0, 4));
            case UnaryWith unary ->
                plain(new UnaryWith(unary.kind(), dice.number(dtype), dice.number(dtype)), dice.shape(0, 4));
            case Cast cast -> plain(cast, dice.shape(0, 4));
            case Copy copy -> plain(copy, dice.shape(0, 4));
            case Binary binary -> broadcasting(binary, 2);
            case Compare compare -> broadcasting(compare, 2);
            case Ternary ternary -> {
                Recipe three = broadcasting(ternary, 3);
                yield new Recipe(
                        ternary,
                        three.operands().get(0).with(DType.BOOL),
                        three.operands().get(1),
                        three.operands().get(2));
            }
            case Source source -> new Recipe(source(source));
            case Reduce reduce -> reduced(reduce);
            case ArgReduce reduce -> {
                Shape shape = dice.shape(1, 4);
                yield plain(new ArgReduce(reduce.kind(), dice.below(shape.rank()), dice.chance(0.5)), shape);
            }
            case Scan scan -> {
                Shape shape = dice.shape(1, 4);
                yield plain(new Scan(scan.kind(), dice.below(shape.rank()), dice.chance(0.5)), shape);
            }
            case Sort sort -> {
                Shape shape = dice.shape(1, 4);
                yield plain(new Sort(dice.below(shape.rank()), dice.chance(0.5)), shape);
            }
            case MatMul matMul -> product(matMul);
            case Linalg linalg -> linalg(linalg);
            case LinearProduct linear -> linear(linear);
            case QuantizedProduct product -> QuantizedSamples.recipe(product, dice, dtype);
            case IntegerProduct product -> QuantizedSamples.recipe(product, dice, dtype);
            case DynamicQuantize quantize -> plain(quantize, dice.shape(0, 4));
            case Convolution2d conv -> image.conv();
            case Convolution2dRelu relu -> image.convRelu();
            case Convolution2dInputGrad grad -> image.convInputGrad();
            case Convolution2dWeightGrad grad -> image.convWeightGrad();
            case MaxPooling2d pool -> image.maxPool();
            case AveragePooling2d pool -> image.averagePool();
            case MaxPooling2dGrad grad -> image.maxPoolGrad();
            case AveragePooling2dGrad grad -> image.averagePoolGrad();
            case Cat cat -> cat();
            case Pad pad -> pad();
            case SliceGrad grad -> sliceGrad();
            case IndexSelect select -> indexSelect();
            case IndexAdd add -> indexAdd();
            case Gather gather -> gather();
            case Scatter scatter -> scatter(scatter.kind());
            case Softmax softmax -> neural.softmax(softmax.log());
            case SoftmaxGrad grad -> neural.softmaxGrad(grad.forward().log());
            case RandomDropout dropout ->
                plain(
                        new RandomDropout(
                                dice.below(10) / 10.0,
                                dice.random().nextLong(),
                                dice.random().nextLong()),
                        dice.shape(0, 4));
            case CrossEntropy loss -> neural.crossEntropy(loss.reduction());
            case CrossEntropyGrad grad -> neural.crossEntropyGrad(grad.forward().reduction());
            case LayerNormalization norm -> neural.layerNorm();
            case LayerNormalizationGrad grad -> neural.layerNormGrad();
            case BatchNormalization norm -> neural.batchNorm();
            case BatchNormalizationGrad grad -> neural.batchNormGrad();
            case Attention attention -> neural.attention(attention.causal());
            case AttentionGrad grad -> neural.attentionGrad(grad.forward().causal());
            case Recurrence recurrence -> neural.recurrence(recurrence.kind());
            case RecurrenceGrad grad -> neural.recurrenceGrad(grad.forward().kind());
            case Update update -> update(update);
            case Op.Structural structural -> throw new IllegalArgumentException(structural.opName() + " runs nowhere");
        };
    }

    private Recipe.Operand any(Shape shape) {
        return Recipe.Operand.any(dtype, shape);
    }

    private Recipe plain(Op op, Shape... shapes) {
        return new Recipe(op, Arrays.stream(shapes).map(this::any).toArray(Recipe.Operand[]::new));
    }

    private Recipe broadcasting(Op op, int operands) {
        Shape shape = dice.shape(0, 4);
        return plain(
                op,
                Stream.generate(() -> dice.chance(0.5) ? shape : dice.narrower(shape))
                        .limit(operands)
                        .toArray(Shape[]::new));
    }

    private Source source(Source source) {
        TensorSpec spec = source.spec().with(dice.shape(0, 3));
        return switch (source) {
            case Source.Fill fill -> new Source.Fill(dice.chance(0.3) ? dice.hostile() : dice.hostileReal(), spec);
            case Source.Range range ->
                new Source.Range(dice.between(-9, 9), dice.between(-8, 8) / 4.0, spec.with(Shape.of(dice.size())));
            case Source.Random numbers -> {
                long seed = dice.random().nextLong();
                long counter = dice.chance(0.5) ? dice.below(9) : dice.random().nextLong();
                boolean whole = numbers.distribution() == Source.Distribution.INTEGER;
                yield new Source.Random(
                        numbers.distribution(),
                        seed,
                        counter,
                        whole ? -dice.below(5) : 0,
                        whole ? 1 + dice.below(99) : 0,
                        spec);
            }
        };
    }

    private Recipe reduced(Reduce reduce) {
        Shape shape = dice.shape(0, 4);
        List<Integer> dims = dice.dims(shape.rank());
        return plain(new Reduce(reduce.kind(), dims, dice.chance(0.5)), shape);
    }

    private Recipe product(MatMul op) {
        Shape batch = dice.chance(0.5) ? Shape.SCALAR : dice.shape(1, 2);
        if (batch.elements() > 20) {
            batch = Shape.of(2);
        }
        long k = dice.size();
        return plain(
                op,
                dice.narrower(batch).concat(Shape.of(dice.size(), k)),
                dice.narrower(batch).concat(Shape.of(k, dice.size())));
    }

    private Recipe linear(LinearProduct op) {
        long k = dice.size();
        long n = dice.size();
        Shape x = dice.chance(0.5)
                ? Shape.of(dice.size(), k)
                : dice.narrower(Shape.of(2, 3)).concat(Shape.of(k));
        return dice.chance(0.5) ? plain(op, x, Shape.of(n, k)) : plain(op, x, Shape.of(n, k), Shape.of(n));
    }

    private Recipe linalg(Linalg op) {
        Shape batch = dice.chance(0.6) ? Shape.SCALAR : Shape.of(dice.below(3));
        long n = dice.between(1, 6);
        Shape square = batch.concat(Shape.of(n, n));
        return switch (op) {
            case CHOLESKY -> new Recipe(op, any(square).as(Recipe.Values.POSITIVE_DEFINITE));
            case QR, SVD ->
                new Recipe(
                        op, any(batch.concat(Shape.of(n, dice.between(1, 6)))).as(Recipe.Values.REGULAR));
            case SOLVE, SOLVE_LOWER, SOLVE_UPPER ->
                new Recipe(
                        op, any(square).as(Recipe.Values.REGULAR), any(batch.concat(Shape.of(n, dice.between(0, 3)))));
            case INVERSE, DET -> new Recipe(op, any(square).as(Recipe.Values.REGULAR));
        };
    }

    private Recipe cat() {
        Shape shape = dice.shape(1, 4);
        int dim = dice.below(shape.rank());
        Shape[] parts = Stream.generate(() -> shape.with(dim, dice.below(8)))
                .limit(dice.between(1, MOST_TENSORS))
                .toArray(Shape[]::new);
        return plain(new Cat(dim), parts);
    }

    private Recipe pad() {
        Shape shape = dice.shape(0, 4);
        List<Long> before = amounts(shape.rank());
        return plain(new Pad(before, amounts(shape.rank()), dice.number(dtype)), shape);
    }

    private List<Long> amounts(int rank) {
        return LongStream.generate(() -> dice.below(3)).limit(rank).boxed().toList();
    }

    private Recipe sliceGrad() {
        Shape shape = dice.shape(1, 4);
        int dim = dice.below(shape.rank());
        long step = dice.between(1, 3);
        long start = dice.below(4);
        long length = shape.size(dim);
        long size = start + Math.max(0, length - 1) * step + 1 + dice.below(4);
        return plain(new SliceGrad(new Slice(dim, start, length, step), size), shape);
    }

    private Recipe indexSelect() {
        Shape shape = dice.shape(1, 3);
        int dim = dice.below(shape.rank());
        Shape index = dice.chance(0.1) ? Shape.of(0) : dice.narrower(Shape.of(3, 4));
        return new Recipe(new IndexSelect(dim), any(shape), Recipe.Operand.index(shape.size(dim), index));
    }

    private Recipe indexAdd() {
        Shape rest = dice.shape(0, 2);
        int dim = dice.below(rest.rank() + 1);
        Shape index = dice.chance(0.1) ? Shape.of(0) : dice.narrower(Shape.of(3, 4));
        Shape slices = rest.slice(0, dim).concat(index).concat(rest.slice(dim, rest.rank()));
        long size = dice.size();
        return new Recipe(new IndexAdd(dim, size), any(slices), Recipe.Operand.index(size, index));
    }

    private Shape positions(Shape shape, int dim) {
        long[] sizes = shape.toArray();
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = d == dim ? dice.below(9) : dice.chance(0.5) ? sizes[d] : dice.below((int) sizes[d] + 1);
        }
        return Shape.of(sizes);
    }

    private Recipe gather() {
        Shape shape = dice.shape(1, 3);
        int dim = dice.below(shape.rank());
        return new Recipe(new Gather(dim), any(shape), Recipe.Operand.index(shape.size(dim), positions(shape, dim)));
    }

    private Recipe scatter(Scatter.Kind kind) {
        Shape shape = dice.shape(1, 3);
        int dim = dice.below(shape.rank());
        Shape index = positions(shape, dim);
        return new Recipe(new Scatter(kind, dim), any(shape), Recipe.Operand.index(shape.size(dim), index), any(index));
    }

    private Recipe update(Update update) {
        double decay = dice.below(3) / 100.0;
        Update op = switch (update) {
            case Update.SgdStep sgd ->
                new Update.SgdStep(
                        0.1, dice.below(3) * 0.4, dice.below(2) * 0.2, decay, dice.chance(0.5), dice.chance(0.5));
            case Update.AdamStep adam ->
                new Update.AdamStep(0.01, 0.9, 0.99, 1e-6, decay, dice.chance(0.5), dice.between(1, 30));
        };
        List<Recipe.Operand> operands = new ArrayList<>();
        IntStream.rangeClosed(0, dice.below(3)).forEach(group -> {
            Shape shape = dice.shape(0, 3);
            for (int i = 0; i < op.operands(); i++) {
                operands.add(i < 2 ? any(shape) : any(shape).as(Recipe.Values.POSITIVE));
            }
        });
        return new Recipe(op, operands.toArray(Recipe.Operand[]::new));
    }
}
