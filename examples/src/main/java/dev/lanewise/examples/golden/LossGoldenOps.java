package dev.lanewise.examples.golden;

import dev.lanewise.nn.loss.ContrastiveLoss;
import dev.lanewise.nn.loss.CosineEmbeddingLoss;
import dev.lanewise.nn.loss.CtcLoss;
import dev.lanewise.nn.loss.DiceLoss;
import dev.lanewise.nn.loss.GaussianNllLoss;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.loss.MarginLosses;
import dev.lanewise.nn.loss.MarginRankingLoss;
import dev.lanewise.nn.loss.TripletMarginLoss;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Adapters from reference cases to losses of margins, pairs and sequences. */
final class LossGoldenOps {
    private final Map<String, GoldenOp> ops = new HashMap<>();

    private LossGoldenOps() {}

    static Map<String, GoldenOp> ops() {
        LossGoldenOps all = new LossGoldenOps();
        all.ofTwo();
        all.ofThree();
        return all.ops;
    }

    private void ofTwo() {
        loss("hinge_loss", a -> MarginLosses.hinge(NnGoldenOps.reduction(a)));
        loss("hinge_embedding_loss", a -> MarginLosses.hingeEmbedding(a.number("margin"), NnGoldenOps.reduction(a)));
        loss("soft_margin_loss", a -> MarginLosses.softMargin(NnGoldenOps.reduction(a)));
        loss("multilabel_margin_loss", a -> MarginLosses.multiLabelMargin(NnGoldenOps.reduction(a)));
        loss("multilabel_soft_margin_loss", a -> MarginLosses.multiLabelSoftMargin(NnGoldenOps.reduction(a)));
        loss(
                "poisson_nll_loss",
                a -> a.has("log_input")
                        ? Losses.poissonOfCounts(a.flag("full"), a.number("eps"), NnGoldenOps.reduction(a))
                        : Losses.poisson(a.flag("full"), NnGoldenOps.reduction(a)));
        loss("focal_loss", a -> Losses.focal(a.number("alpha"), a.number("gamma"), NnGoldenOps.reduction(a)));
        loss("dice_loss", a -> new DiceLoss(a.number("smooth"), NnGoldenOps.reduction(a)));
        loss("bpr_loss", a -> Losses.bayesianPersonalizedRanking(NnGoldenOps.reduction(a)));
    }

    private void ofThree() {
        ops.put(
                "triplet_margin_loss",
                (in, a) -> List.of(new TripletMarginLoss(
                                a.number("margin"), a.number("p"), 1e-6, a.flag("swap"), NnGoldenOps.reduction(a))
                        .of(get(in, "a"), get(in, "p_"), get(in, "n_"))));
        ops.put(
                "cosine_embedding_loss",
                (in, a) -> List.of(new CosineEmbeddingLoss(a.number("margin"), NnGoldenOps.reduction(a))
                        .of(get(in, "x"), get(in, "y"), get(in, "target"))));
        ops.put(
                "margin_ranking_loss",
                (in, a) -> List.of(new MarginRankingLoss(a.number("margin"), NnGoldenOps.reduction(a))
                        .of(get(in, "x"), get(in, "y"), get(in, "target"))));
        ops.put(
                "gaussian_nll_loss",
                (in, a) -> List.of(new GaussianNllLoss(a.flag("full"), 1e-6, NnGoldenOps.reduction(a))
                        .of(get(in, "x"), get(in, "target"), get(in, "var"))));
        ops.put(
                "contrastive_loss",
                (in, a) -> List.of(new ContrastiveLoss(a.number("margin"), NnGoldenOps.reduction(a))
                        .of(get(in, "x"), get(in, "y"), get(in, "target"))));
        ops.put(
                "ctc_loss",
                (in, a) -> List.of(new CtcLoss(a.integer("blank"), NnGoldenOps.reduction(a), false)
                        .of(get(in, "x").logSoftmax(2), get(in, "labels"), get(in, "steps"), get(in, "lengths"))));
    }

    private static Tensor get(Map<String, Tensor> inputs, String name) {
        return NnGoldenOps.input(inputs, name);
    }

    private void loss(String name, Function<Attributes, Loss> loss) {
        ops.put(name, (in, a) -> List.of(loss.apply(a).of(get(in, "x"), get(in, "target"))));
    }
}
