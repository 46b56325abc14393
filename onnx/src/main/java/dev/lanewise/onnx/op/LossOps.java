package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Losses. */
final class LossOps {
    private LossOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "NegativeLogLikelihoodLoss" -> c -> c.same(loss(c, c.x(), c.x(1), c.maybe(2)));
            case "SoftmaxCrossEntropyLoss" ->
                c -> {
                    Tensor logs = c.x().logSoftmax(1);
                    return c.same(loss(c, logs, c.x(1), c.maybe(2)), logs);
                };
            default -> null;
        };
    }

    private static Tensor loss(Call c, Tensor logs, Tensor target, @Nullable Tensor weight) {
        Shape s = logs.shape();
        long classes = s.size(1);
        Tensor labels = target.to(DType.I64);
        boolean ignores = c.hasAttribute("ignore_index");
        Tensor ignored = ignores ? labels.eq(c.i("ignore_index", 0)) : labels.ne(labels);
        Tensor safe = ignored.where(labels.zerosLike(), labels);
        Tensor picked = logs.gather(1, IndexOps.positions(safe, classes).unsqueeze(1))
                .squeeze(1)
                .neg();
        Tensor weights = weight == null
                ? Call.like(1, logs).expand(labels.shape())
                : weight.indexSelect(0, safe.reshape(safe.shape().elements())).reshape(safe.shape());
        Tensor counted = ignored.where(weights.zerosLike(), weights);
        Tensor each = ignored.where(picked.zerosLike(), picked.mul(counted));
        return switch (c.s("reduction", "mean")) {
            case "none" -> each;
            case "sum" -> each.sum();
            default -> each.sum().div(counted.sum());
        };
    }
}
