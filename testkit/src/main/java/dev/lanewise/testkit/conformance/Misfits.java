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
import java.util.Arrays;
import java.util.Optional;

/** For every operation, operands whose shapes don't match, if there are any. */
final class Misfits {
    private Misfits() {}

    static Optional<TensorSpec[]> of(Op op, DType dtype) {
        return switch (op) {
            case Unary unary -> Optional.empty();
            case UnaryWith unary -> Optional.empty();
            case Cast cast -> Optional.empty();
            case Copy copy -> Optional.empty();
            case RandomDropout dropout -> Optional.empty();
            case Source source -> Optional.empty();
            case Binary binary -> shapes(dtype, new long[] {2, 3}, new long[] {4, 3});
            case Compare compare -> shapes(dtype, new long[] {2, 3}, new long[] {4, 3});
            case Ternary ternary -> shapes(dtype, new long[] {2}, new long[] {3}, new long[] {3});
            case Reduce reduce ->
                reduce.dims().isEmpty()
                        ? Optional.empty()
                        : shapes(dtype, new long[reduce.dims().getLast()]);
            case ArgReduce reduce -> shapes(dtype, ones(reduce.dim()));
            case Scan scan -> shapes(dtype, ones(scan.dim()));
            case Sort sort -> shapes(dtype, ones(sort.dim()));
            case Softmax softmax -> shapes(dtype, ones(softmax.dim()));
            case SoftmaxGrad grad -> shapes(dtype, new long[] {2, 3, 4}, new long[] {2, 3, 5});
            case MatMul matMul -> shapes(dtype, new long[] {2, 3}, new long[] {4, 3});
            case LinearProduct linear -> shapes(dtype, new long[] {2, 3}, new long[] {4, 5});
            case QuantizedProduct product ->
                product.kind() == QuantizedProduct.Kind.UNPACK
                        ? shapes(dtype, new long[] {product.format().bytes()})
                        : Optional.of(new TensorSpec[] {
                            spec(dtype, 2, 3),
                            spec(DType.U8, 5, 2L * product.format().bytes())
                        });
            case IntegerProduct product -> {
                TensorSpec[] specs = {spec(dtype, 2, 3), spec(dtype, 4, 3), spec(dtype), spec(dtype), spec(DType.F32)};
                yield Optional.of(product.scaled() ? specs : Arrays.copyOf(specs, 4));
            }
            case DynamicQuantize quantize -> Optional.empty();
            case Linalg linalg ->
                linalg.isSolution()
                        ? shapes(dtype, new long[] {3, 3}, new long[] {2, 1})
                        : linalg == Linalg.QR || linalg == Linalg.SVD
                                ? shapes(dtype, new long[] {3})
                                : shapes(dtype, new long[] {3, 4});
            case Convolution2d conv -> shapes(dtype, new long[] {1, 5, 9, 9}, new long[] {4, 7, 3, 3});
            case Convolution2dRelu relu -> shapes(dtype, new long[] {1, 5, 9, 9}, new long[] {4, 7, 3, 3});
            case Convolution2dInputGrad grad -> shapes(dtype, new long[] {1, 5, 2, 2}, new long[] {4, 7, 3, 3});
            case Convolution2dWeightGrad grad -> shapes(dtype, new long[] {1, 5, 2, 2}, new long[] {1, 7, 9, 9});
            case MaxPooling2d pool -> shapes(dtype, new long[] {2, 3, 9});
            case AveragePooling2d pool -> shapes(dtype, new long[] {2, 3, 9});
            case MaxPooling2dGrad grad -> withPositions(dtype, new long[] {1, 1, 99, 99}, new long[] {1, 1, 99, 98});
            case AveragePooling2dGrad grad -> shapes(dtype, new long[] {1, 1, 99, 99});
            case Cat cat -> shapes(dtype, new long[] {3, 4, 5}, new long[] {7, 8, 9});
            case Pad pad -> shapes(dtype, new long[] {3});
            case SliceGrad grad -> shapes(dtype, new long[] {9, 9, 9});
            case IndexSelect select -> withPositions(dtype, ones(select.dim()), new long[] {3});
            case IndexAdd add -> withPositions(dtype, new long[] {2, 2, 2}, new long[] {3});
            case Gather gather -> withPositions(dtype, new long[] {2, 2, 2}, new long[] {3, 3, 3});
            case Scatter scatter ->
                Optional.of(new TensorSpec[] {spec(dtype, 2, 2, 2), spec(DType.I64, 2, 2, 2), spec(dtype, 2, 2, 1)});
            case CrossEntropy loss -> withPositions(dtype, new long[] {4, 3}, new long[] {5});
            case CrossEntropyGrad grad ->
                Optional.of(new TensorSpec[] {spec(dtype, 7), spec(dtype, 4, 3), spec(DType.I64, 4)});
            case LayerNormalization norm -> shapes(dtype, new long[] {2, 3, 4}, new long[] {9});
            case LayerNormalizationGrad grad ->
                shapes(dtype, new long[] {2, 3, 5}, new long[] {2, 3, 4}, new long[] {2, 3}, new long[] {2, 3});
            case BatchNormalization norm -> shapes(dtype, new long[] {2, 3}, new long[] {4}, new long[] {4});
            case BatchNormalizationGrad grad ->
                shapes(dtype, new long[] {2, 4}, new long[] {2, 3}, new long[] {3}, new long[] {3}, new long[] {3});
            case Attention attention -> shapes(dtype, new long[] {5, 8}, new long[] {7, 9}, new long[] {7, 6});
            case AttentionGrad grad ->
                shapes(
                        dtype,
                        new long[] {5, 7},
                        new long[] {5, 8},
                        new long[] {7, 8},
                        new long[] {7, 6},
                        new long[] {5, 6},
                        new long[] {5});
            case Recurrence recurrence -> shapes(dtype, recurrence(recurrence));
            case RecurrenceGrad grad -> {
                long[][] sizes = new long[grad.output() + 1][];
                Arrays.fill(sizes, new long[] {2, 4});
                long[][] forward = recurrence(grad.forward());
                System.arraycopy(forward, 0, sizes, grad.upstreams(), forward.length);
                yield shapes(dtype, sizes);
            }
            case Update update -> {
                long[][] sizes = new long[update.operands()][];
                for (int i = 0; i < sizes.length; i++) {
                    sizes[i] = new long[] {2 + i};
                }
                yield shapes(dtype, sizes);
            }
            case Op.Structural structural -> Optional.empty();
        };
    }

    /** An input and states that match, and weights that don't. */
    private static long[][] recurrence(Recurrence op) {
        long[][] sizes = new long[op.operands()][];
        Arrays.fill(sizes, new long[] {2, 4});
        sizes[0] = new long[] {2, 3, 5};
        return sizes;
    }

    private static long[] ones(int rank) {
        long[] sizes = new long[rank];
        Arrays.fill(sizes, 1);
        return sizes;
    }

    private static TensorSpec spec(DType dtype, long... sizes) {
        return new TensorSpec(dtype, Shape.of(sizes));
    }

    private static Optional<TensorSpec[]> shapes(DType dtype, long[]... sizes) {
        TensorSpec[] specs = new TensorSpec[sizes.length];
        for (int i = 0; i < specs.length; i++) {
            specs[i] = spec(dtype, sizes[i]);
        }
        return Optional.of(specs);
    }

    private static Optional<TensorSpec[]> withPositions(DType dtype, long[] sizes, long[] positions) {
        return Optional.of(new TensorSpec[] {spec(dtype, sizes), spec(DType.I64, positions)});
    }
}
