package dev.lanewise.nn.loss;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of logits {@code [n, c, ...]} and class numbers {@code [n, ...]}: {@code -log(softmax(logits)[class])},
 * times the weight of the class, with the target spread by label smoothing as in PyTorch.
 *
 * <p>Targets of a floating-point type and the shape of the logits are probabilities of the classes, such as those of
 * {@link dev.lanewise.nn.data.image.MixedImages}: {@code -sum_c(w_c t_c logp_c)}. As in PyTorch their mean is over all
 * places, whatever the weights, and none is ignored.
 *
 * @param reduction how rows combine
 * @param ignoreIndex rows of this class are left out of the loss and of its mean
 * @param labelSmoothing how much of the target is spread over all classes, from 0 to 1
 * @param weight a weight for each class {@code [c]}, or null
 */
public record CrossEntropyLoss(
        Reduction reduction,
        long ignoreIndex,
        double labelSmoothing,
        @Nullable Tensor weight) implements Loss {
    /** Holds the given values, of which only {@code weight} may be null. */
    public CrossEntropyLoss {
        Objects.requireNonNull(reduction, "reduction");
    }

    /** The mean cross-entropy, without weights of classes or smoothing. */
    public CrossEntropyLoss() {
        this(Reduction.MEAN, -100, 0, null);
    }

    @Override
    public Tensor of(Tensor logits, Tensor classes) {
        if (classes.dtype().isFloating()) {
            return ofProbabilities(Autocast.widened(logits), classes);
        }
        int rank = logits.shape().rank();
        if (rank == 1) {
            Tensor loss = rows(logits.unsqueeze(0), classes.reshape(1));
            return loss.reshape(Shape.SCALAR);
        }
        if (rank == 2) {
            return rows(logits, classes);
        }
        int[] channelsLast = IntStream.range(0, rank)
                .map(d -> d == 0 ? 0 : d == rank - 1 ? 1 : d + 1)
                .toArray();
        Tensor rows = logits.permute(channelsLast).flatten(0, -2);
        Tensor loss = rows(rows, classes.flatten());
        return reduction == Reduction.NONE ? loss.reshape(classes.shape()) : loss;
    }

    private Tensor ofProbabilities(Tensor logits, Tensor given) {
        Losses.checkShapes("cross_entropy", logits, given);
        if (logits.shape().rank() == 0) {
            throw new TensorException("cross_entropy: logits " + logits.spec()
                    + " (expected [c] or [n, c, ...]); give one for each class");
        }
        int dim = classDim(logits.shape());
        long c = logits.shape().size(dim);
        Tensor t = given.to(logits.dtype());
        Tensor spread = labelSmoothing == 0 ? t : t.mul(1 - labelSmoothing).add(labelSmoothing / c);
        Tensor weighted = weight == null ? spread : spread.mul(ofClasses(weight, logits, dim));
        Tensor loss = logits.logSoftmax(dim).mul(weighted).neg().sum(dim);
        return Losses.reduce(loss, reduction);
    }

    private static int classDim(Shape logits) {
        return logits.rank() == 1 ? 0 : 1;
    }

    /** The weights of the classes, along their dimension. */
    private static Tensor ofClasses(Tensor weight, Tensor logits, int dim) {
        long c = logits.shape().size(dim);
        if (!weight.shape().equals(Shape.of(c))) {
            throw new TensorException("cross_entropy: logits " + logits.spec() + " and weights " + weight.spec()
                    + " (expected one weight for each class); give [" + c + "]");
        }
        long[] sizes = new long[logits.shape().rank() - dim];
        Arrays.fill(sizes, 1);
        sizes[0] = c;
        return weight.to(logits.dtype()).reshape(sizes);
    }

    private Tensor rows(Tensor logits, Tensor classes) {
        return logits.crossEntropy(classes, weight, reduction, ignoreIndex, labelSmoothing);
    }

    /** The rows that are not ignored, or the sum of their classes' weights; of probabilities all rows. */
    @Override
    public OptionalDouble averagedOver(Tensor classes) {
        if (reduction == Reduction.SUM) {
            return OptionalDouble.empty();
        }
        if (classes.dtype().isFloating()) {
            Shape shape = classes.shape();
            return OptionalDouble.of(
                    shape.rank() == 0 ? 1 : shape.without(classDim(shape)).elements());
        }
        return Autograd.noGrad(() -> {
            try (var ignored = Scope.open("cross-entropy")) {
                Tensor counted = classes.ne(ignoreIndex);
                if (weight == null) {
                    return OptionalDouble.of(counted.sum().item());
                }
                Tensor known = counted.where(classes, classes.zerosLike()).flatten();
                Tensor weights = Autograd.detach(weight).to(DType.F64).indexSelect(0, known);
                Tensor none = Tensor.full(0, DType.F64, classes.device());
                return OptionalDouble.of(
                        counted.flatten().where(weights, none).sum().item());
            }
        });
    }

    /** Uses the op's own sum: with smoothing, rows of classes whose weight is 0 still contribute to it. */
    @Override
    public Tensor sum(Tensor logits, Tensor classes) {
        return new CrossEntropyLoss(Reduction.SUM, ignoreIndex, labelSmoothing, weight).of(logits, classes);
    }
}
