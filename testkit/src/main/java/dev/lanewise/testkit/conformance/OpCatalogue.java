package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Cast;
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
import dev.lanewise.tensor.op.conv.PoolingWindow;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.matrix.BlockFormat;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.LinearProduct;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Every operation that a backend runs, with typical attributes. Enums list themselves; of each record there must be at
 * least one here, which {@link #missing} checks.
 */
public final class OpCatalogue {
    private OpCatalogue() {}

    /** {@return the operations, each with typical attributes} */
    public static List<Op> ops() {
        List<Op> ops = new ArrayList<>();
        for (Class<?> type : types()) {
            if (type.isEnum()) {
                for (Object constant : type.getEnumConstants()) {
                    ops.add((Op) constant);
                }
            }
        }
        elementwise(ops);
        reductions(ops);
        indexing(ops);
        convolutions(ops);
        pooling(ops);
        losses(ops);
        normalizations(ops);
        attention(ops);
        recurrences(ops);
        updates(ops);
        return ops;
    }

    /** {@return the kinds of operations of which {@link #ops} has none; if not empty, the suite leaves them out} */
    public static Set<Class<?>> missing() {
        Set<Class<?>> missing = types();
        ops().forEach(op -> missing.remove(typeOf(op)));
        return missing;
    }

    static Class<?> typeOf(Op op) {
        return op instanceof Enum<?> constant ? constant.getDeclaringClass() : op.getClass();
    }

    /** The enums and records of the catalogue, without those that dispatch runs itself. */
    private static Set<Class<?>> types() {
        Set<Class<?>> types = new LinkedHashSet<>();
        collect(Op.class, types);
        return types;
    }

    private static void collect(Class<?> type, Set<Class<?>> types) {
        if (type == Op.Structural.class) {
            return;
        }
        if (type.isSealed() && !type.isEnum()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                collect(permitted, types);
            }
        } else {
            types.add(type);
        }
    }

    private static void elementwise(List<Op> ops) {
        for (UnaryWith.Kind kind : UnaryWith.Kind.values()) {
            ops.add(new UnaryWith(kind, 2, 5));
            ops.add(new UnaryWith(kind, -3, 3));
        }
        for (DType to : DType.values()) {
            ops.add(new Cast(to));
        }
        TensorSpec spec = new TensorSpec(DType.F32, Shape.of(3, 67));
        for (DType dtype : DType.values()) {
            ops.add(new Source.Fill(3, spec.with(dtype)));
            ops.add(new Source.Fill(2.75, spec.with(dtype)));
            ops.add(new Source.Range(-2, 0.75, new TensorSpec(dtype, Shape.of(67))));
        }
        ops.add(new Source.Fill(Long.MAX_VALUE, spec.with(DType.I64)));
        for (Source.Distribution distribution : Source.Distribution.values()) {
            boolean integers = distribution == Source.Distribution.INTEGER;
            for (DType dtype : integers ? DType.INTEGERS : DType.FLOATING) {
                ops.add(new Source.Random(distribution, 42, 7, integers ? -3 : 0, integers ? 60 : 0, spec.with(dtype)));
            }
        }
    }

    private static void reductions(List<Op> ops) {
        for (Reduce.Kind kind : Reduce.Kind.values()) {
            for (List<Integer> dims :
                    List.of(List.<Integer>of(), List.of(0), List.of(1), List.of(2), List.of(0, 2), List.of(0, 1, 2))) {
                ops.add(new Reduce(kind, dims, dims.size() == 1));
            }
        }
        for (ArgReduce.Kind kind : ArgReduce.Kind.values()) {
            ops.add(new ArgReduce(kind, 0, false));
            ops.add(new ArgReduce(kind, 1, true));
            ops.add(new ArgReduce(kind, 2, false));
        }
        for (Scan.Kind kind : Scan.Kind.values()) {
            ops.add(new Scan(kind, 1, false));
            ops.add(new Scan(kind, 2, true));
        }
        ops.add(new Sort(1, false));
        ops.add(new Sort(2, true));
    }

    private static void indexing(List<Op> ops) {
        for (int dim = 0; dim < 3; dim++) {
            ops.add(new Cat(dim));
            ops.add(new IndexSelect(dim));
            ops.add(new IndexAdd(dim, 6));
            ops.add(new Gather(dim));
            ops.add(new SliceGrad(new Slice(dim, 1, 3, 2), 7));
        }
        for (Scatter.Kind kind : Scatter.Kind.values()) {
            ops.add(new Scatter(kind, 0));
            ops.add(new Scatter(kind, 2));
        }
        ops.add(new Pad(List.of(0L, 2L, 1L), List.of(1L, 0L, 3L), 1));
    }

    private static void convolutions(List<Op> ops) {
        for (Convolution2d conv : List.of(
                new Convolution2d(1, 0),
                new Convolution2d(1, 1),
                new Convolution2d(2, 1),
                new Convolution2d(2, 1, 0, 2, 1, 3, 1),
                new Convolution2d(1, 1, 1, 1, 2, 2, 1),
                new Convolution2d(1, 1, 1, 1, 1, 1, 2),
                new Convolution2d(2, 3, 2, 1, 1, 2, 4))) {
            ops.add(conv);
            ops.add(new Convolution2dRelu(conv));
            ops.add(new Convolution2dInputGrad(conv, 11, 12));
            ops.add(new Convolution2dWeightGrad(conv, 3, 2));
        }
        for (LinearProduct.Activation activation : LinearProduct.Activation.values()) {
            ops.add(new LinearProduct(activation));
        }
        for (BlockFormat format : BlockFormat.values()) {
            for (QuantizedProduct.Kind kind : QuantizedProduct.Kind.values()) {
                ops.add(new QuantizedProduct(kind, format));
            }
        }
        ops.add(new IntegerProduct(false));
        ops.add(new IntegerProduct(true));
    }

    private static void pooling(List<Op> ops) {
        for (PoolingWindow pool : List.of(
                new PoolingWindow(2),
                new PoolingWindow(3, 3, 2, 2, 1, 1, false),
                new PoolingWindow(3, 3, 2, 2, 1, 1, true),
                new PoolingWindow(2, 3, 3, 1, 1, 0, true),
                new PoolingWindow(9, 10, 1, 1, 0, 0, false))) {
            ops.add(new MaxPooling2d(pool));
            ops.add(new MaxPooling2dGrad(pool, 9, 10));
            for (boolean countIncludePad : new boolean[] {false, true}) {
                ops.add(new AveragePooling2d(pool, countIncludePad));
                ops.add(new AveragePooling2dGrad(new AveragePooling2d(pool, countIncludePad), 9, 10));
            }
        }
    }

    private static void losses(List<Op> ops) {
        for (Reduction reduction : Reduction.values()) {
            for (CrossEntropy loss :
                    List.of(new CrossEntropy(reduction, -100, 0), new CrossEntropy(reduction, 1, 0.1))) {
                ops.add(loss);
                ops.add(new CrossEntropyGrad(loss));
            }
        }
        for (boolean log : new boolean[] {false, true}) {
            for (int dim = 0; dim < 3; dim++) {
                ops.add(new Softmax(dim, log));
                ops.add(new SoftmaxGrad(new Softmax(dim, log)));
            }
        }
    }

    private static void normalizations(List<Op> ops) {
        for (int dims = 1; dims <= 2; dims++) {
            ops.add(new LayerNormalization(dims, 0.1));
            ops.add(new LayerNormalizationGrad(new LayerNormalization(dims, 0.1)));
        }
        ops.add(new BatchNormalization(0.1));
        ops.add(new BatchNormalizationGrad(new BatchNormalization(0.1)));
        ops.add(new RandomDropout(0.3, 5, 11));
        ops.add(new RandomDropout(1, 5, 11));
    }

    private static void attention(List<Op> ops) {
        for (boolean causal : new boolean[] {false, true}) {
            ops.add(new Attention(0.4, causal));
            ops.add(new AttentionGrad(new Attention(0.4, causal)));
        }
    }

    private static void recurrences(List<Op> ops) {
        for (Recurrence.Kind kind : Recurrence.Kind.values()) {
            boolean bidirectional = kind != Recurrence.Kind.RNN;
            Recurrence recurrence = new Recurrence(kind, bidirectional, bidirectional);
            ops.add(recurrence);
            ops.add(new RecurrenceGrad(recurrence, kind == Recurrence.Kind.LSTM));
        }
    }

    private static void updates(List<Op> ops) {
        ops.add(new Update.SgdStep(0.1, 0, 0, 0, false, true));
        ops.add(new Update.SgdStep(0.1, 0, 0, 0.01, false, false));
        ops.add(new Update.SgdStep(0.1, 0.9, 0, 0.01, true, false));
        ops.add(new Update.SgdStep(0.1, 0.8, 0.2, 0, false, true));
        ops.add(new Update.SgdStep(0.1, 0.8, 0.2, 0, false, false));
        ops.add(new Update.AdamStep(0.01, 0.9, 0.999, 1e-8, 0, false, 1));
        ops.add(new Update.AdamStep(0.01, 0.8, 0.95, 1e-6, 0.1, false, 3));
        ops.add(new Update.AdamStep(0.01, 0.9, 0.999, 1e-8, 0.1, true, 20));
    }
}
