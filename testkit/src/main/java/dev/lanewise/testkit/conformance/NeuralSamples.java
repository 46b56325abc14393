package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Operands of pooling, losses, normalizations, attention and recurrent layers. Backward operations get the results of a
 * forward pass.
 */
final class NeuralSamples {
    private NeuralSamples() {}

    static List<Sample> pooledWithPositions(MaxPooling2dGrad grad) {
        long[] sizes = pooledShape(grad.pool(), grad.h(), grad.w());
        return List.of(new Sample(Arrays.toString(sizes), make ->
                new Tensor[] {make.any(sizes), make.index(grad.h() * grad.w(), sizes)}));
    }

    static List<Sample> pooled(AveragePooling2dGrad grad) {
        return List.of(Sample.of(Shape.of(pooledShape(grad.forward().pool(), grad.h(), grad.w()))));
    }

    private static long[] pooledShape(PoolingWindow pool, long h, long w) {
        return new long[] {2, 3, pool.outputH(h), pool.outputW(w)};
    }

    static List<Sample> softmaxGrad(SoftmaxGrad grad) {
        List<Sample> samples = new ArrayList<>();
        for (long[] sizes : new long[][] {{3, 5, 7}, {2, 1, 35}, {1, 1, 1}}) {
            samples.add(new Sample(Arrays.toString(sizes), make -> {
                Tensor y = make.any(sizes).apply(grad.forward());
                return new Tensor[] {make.any(sizes), y};
            }));
        }
        return samples;
    }

    static List<Sample> crossEntropy() {
        List<Sample> samples = new ArrayList<>();
        for (long[] sizes : new long[][] {{5, 3}, {1, 1}, {9, 35}}) {
            String name = Arrays.toString(sizes);
            samples.add(new Sample(name, make -> new Tensor[] {make.any(sizes), classes(make, sizes)}));
            samples.add(new Sample(name + " weighted", make ->
                    new Tensor[] {make.any(sizes), classes(make, sizes), make.positive(sizes[1])}));
        }
        return samples;
    }

    /** The first row's class is 0, so that not every row has the class that one of the losses ignores. */
    private static Tensor classes(Operands make, long[] sizes) {
        Tensor classes = make.index(sizes[1], sizes[0]);
        Tensor first = Tensor.arange(sizes[0], DType.I64, make.device()).eq(0);
        return classes.maskedFill(first, 0);
    }

    static List<Sample> crossEntropyGrad(CrossEntropyGrad grad) {
        return crossEntropy().stream()
                .map(forward -> new Sample(forward.name(), make -> {
                    Tensor[] in = forward.operands().apply(make);
                    Tensor logp = in[0].logSoftmax(1);
                    Tensor g = grad.forward().reduction() == Reduction.NONE
                            ? make.any(in[1].shape().size(0))
                            : make.any();
                    return in.length == 3 ? new Tensor[] {g, logp, in[1], in[2]} : new Tensor[] {g, logp, in[1]};
                }))
                .toList();
    }

    static List<Sample> layerNorm(int dims) {
        List<Sample> samples = new ArrayList<>();
        for (Shape shape : List.of(Shape.of(3, 5, 7), Shape.of(2, 4, 35), Shape.of(1, 16, 16))) {
            Shape affine = shape.slice(3 - dims, 3);
            samples.add(Sample.of(shape));
            samples.add(Sample.of(shape, affine));
            samples.add(Sample.of(shape, affine, affine));
        }
        return samples;
    }

    static List<Sample> layerNormGrad(LayerNormalizationGrad grad) {
        List<Sample> samples = new ArrayList<>();
        for (long[] sizes : new long[][] {{3, 5, 7}, {2, 4, 35}}) {
            long[] affine = Shape.of(sizes).slice(3 - grad.forward().dims(), 3).toArray();
            for (boolean weighted : new boolean[] {false, true}) {
                samples.add(new Sample(Arrays.toString(sizes) + (weighted ? " weighted" : ""), make -> {
                    Tensor x = make.any(sizes);
                    Tensor[] y = statistics(grad.forward(), x);
                    Tensor g = make.any(sizes);
                    return weighted
                            ? new Tensor[] {g, x, y[1], y[2], make.any(affine)}
                            : new Tensor[] {g, x, y[1], y[2]};
                }));
            }
        }
        return samples;
    }

    /** A forward pass in double precision, rounded to the types of its results. */
    private static Tensor[] statistics(Op.Fused forward, Tensor... in) {
        TensorSpec[] specs = forward.infer(Arrays.stream(in).map(Tensor::spec).toArray(TensorSpec[]::new));
        Tensor[] results =
                forward.decompose(Arrays.stream(in).map(t -> t.to(DType.F64)).toArray(Tensor[]::new));
        for (int i = 0; i < results.length; i++) {
            results[i] = results[i].to(specs[i].dtype());
        }
        return results;
    }

    static List<Sample> batchNorm() {
        return List.of(
                Sample.of(Shape.of(5, 7), Shape.of(7), Shape.of(7)),
                Sample.of(Shape.of(2, 3, 4, 5), Shape.of(3), Shape.of(3)),
                Sample.of(Shape.of(4, 17, 9), Shape.of(17), Shape.of(17)));
    }

    static List<Sample> batchNormGrad(BatchNormalizationGrad grad) {
        List<Sample> samples = new ArrayList<>();
        for (long[] sizes : new long[][] {{5, 7}, {2, 3, 4, 5}, {4, 17, 9}}) {
            samples.add(new Sample(Arrays.toString(sizes), make -> {
                Tensor x = make.any(sizes);
                Tensor weight = make.any(sizes[1]);
                Tensor[] y = statistics(grad.forward(), x, weight, weight);
                return new Tensor[] {make.any(sizes), x, weight, y[1], y[2]};
            }));
        }
        return samples;
    }

    /** Queries, keys, values and, where there is one, the mask. */
    private static final long[][][] ATTENTION = {
        {{5, 8}, {7, 8}, {7, 6}},
        {{2, 3, 5, 8}, {2, 3, 7, 8}, {2, 3, 7, 6}},
        {{2, 3, 5, 8}, {2, 3, 7, 8}, {2, 3, 7, 6}, {3, 1, 7}},
        {{1, 2, 33, 16}, {1, 2, 40, 16}, {1, 2, 40, 16}, {33, 40}}
    };

    static List<Sample> attention() {
        List<Sample> samples = new ArrayList<>();
        for (long[][] shapes : ATTENTION) {
            samples.add(Sample.of(Arrays.stream(shapes).map(Shape::of).toArray(Shape[]::new)));
        }
        samples.add(new Sample("queries that see nothing", make -> {
            Tensor hidden = Tensor.arange(20, DType.I64, make.device())
                    .remainder(3)
                    .ne(1)
                    .reshape(5, 4)
                    .or(Tensor.arange(5, DType.I64, make.device()).eq(2).unsqueeze(1));
            return new Tensor[] {
                make.any(2, 5, 8),
                make.any(2, 4, 8),
                make.any(2, 4, 6),
                make.any(5, 4).maskedFill(hidden, Double.NEGATIVE_INFINITY)
            };
        }));
        samples.add(Sample.of(Shape.of(2, 5, 8), Shape.of(2, 0, 8), Shape.of(2, 0, 6)));
        return samples;
    }

    static List<Sample> attentionGrad(AttentionGrad grad) {
        return attention().stream()
                .map(forward -> new Sample(forward.name(), make -> {
                    Tensor[] in = forward.operands().apply(make);
                    Tensor[] y = statistics(grad.forward(), in);
                    Tensor g = make.any(y[0].shape().toArray());
                    return in.length == 4
                            ? new Tensor[] {g, in[0], in[1], in[2], y[0], y[1], in[3]}
                            : new Tensor[] {g, in[0], in[1], in[2], y[0], y[1]};
                }))
                .toList();
    }

    /** Sizes of batch, time, input and states. */
    private static final long[][] RECURRENCES = {{2, 4, 3, 5}, {3, 1, 17, 9}};

    static List<Sample> recurrence(Recurrence op) {
        return Arrays.stream(RECURRENCES)
                .map(sizes -> recurrence(op, sizes[0], sizes[1], sizes[2], sizes[3]))
                .toList();
    }

    static Sample recurrence(Recurrence op, long n, long time, long in, long hidden) {
        long rows = op.kind().gates() * hidden;
        return new Sample(Arrays.toString(new long[] {n, time, in, hidden}), make -> {
            // small, so that no rounding grows from step to step
            List<Tensor> operands = new ArrayList<>(List.of(make.small(n, time, in)));
            for (int direction = 0; direction < op.directions(); direction++) {
                operands.addAll(
                        List.of(make.small(rows, in), make.small(rows, hidden), make.small(rows), make.small(rows)));
                for (int state = 0; state < op.kind().states(); state++) {
                    operands.add(make.small(n, hidden));
                }
            }
            return operands.toArray(Tensor[]::new);
        });
    }

    static List<Sample> recurrenceGrad(RecurrenceGrad grad) {
        return recurrence(grad.forward()).stream()
                .map(forward -> recurrenceGrad(grad, forward))
                .toList();
    }

    static Sample recurrenceGrad(RecurrenceGrad grad, Sample forward) {
        return new Sample(forward.name(), make -> {
            Tensor[] in = forward.operands().apply(make);
            Tensor[] y = statistics(grad.forward(), in);
            List<Tensor> operands = new ArrayList<>();
            for (int i = 0; i < grad.upstreams(); i++) {
                operands.add(make.any(y[i].shape().toArray()));
            }
            operands.addAll(List.of(in));
            operands.add(y[0]);
            return operands.toArray(Tensor[]::new);
        });
    }
}
