package dev.lanewise.lm.cases;

import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.metrics.Average;
import dev.lanewise.nn.metrics.Calibration;
import dev.lanewise.nn.metrics.ClassificationMetrics;
import dev.lanewise.nn.metrics.ConfusionMatrix;
import dev.lanewise.nn.metrics.RankingMetrics;
import dev.lanewise.nn.metrics.RankingMetrics.Curve;
import dev.lanewise.nn.metrics.TopK;
import dev.lanewise.nn.train.CrossValidation;
import dev.lanewise.nn.train.Folds;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/** Measures of rankings and of classes, and divisions into folds, against scikit-learn. */
final class MetricCases {
    private MetricCases() {}

    static void check(Stored.Case c, Report report) {
        switch (c.op()) {
            case "leave_one_out" -> oneItem(c, report);
            case "top_k" -> severalItems(c, report);
            case "binary_scores" -> binary(c, report);
            case "multiclass" -> multiclass(c, report);
            case "k_fold" -> folds(c, report);
            default -> report.unsupported(c.id(), "no code for it yet");
        }
    }

    private static void number(Stored.Case c, Report report, String name, double got) {
        c.check(report, name, Tensor.of(new double[] {got}).squeeze(0));
    }

    // ---- rankings

    private static void oneItem(Stored.Case c, Report report) {
        Tensor scores = c.in("scores");
        int items = Math.toIntExact(scores.shape().size(1));
        long[] chosen = Report.longs(c.in("item"));
        float[] relevant = new float[chosen.length * items];
        long[] ranks = new long[chosen.length];
        for (int user = 0; user < chosen.length; user++) {
            int item = Math.toIntExact(chosen[user]);
            relevant[user * items + item] = 1;
            // stored from 0
            ranks[user] = Math.round(RankingMetrics.rank(scores.select(0, user).toFloatArray(), item)) - 1;
        }
        Tensor target = Tensor.of(relevant, chosen.length, items);
        int k = c.attrs().need("k").index();
        TopK all = new TopK(k);
        all.add(scores, target);
        number(c, report, "hit_rate", all.hitRate());
        number(c, report, "mean_ndcg", all.ndcg());
        number(c, report, "mean_mrr", all.meanReciprocalRank());
        c.check(report, "rank", Tensor.of(ranks));
        c.check(report, "hit", users(scores, target, k, TopK::hitRate));
        c.check(report, "ndcg", users(scores, target, k, TopK::ndcg));
        c.check(report, "mrr", users(scores, target, k, TopK::meanReciprocalRank));
    }

    private static void severalItems(Stored.Case c, Report report) {
        int k = c.attrs().need("k").index();
        Tensor scores = c.in("scores");
        Tensor target = c.in("relevant").to(DType.F32);
        TopK all = new TopK(k);
        all.add(scores, target);
        c.check(report, "ndcg", users(scores, target, k, TopK::ndcg));
        c.check(report, "precision", users(scores, target, k, TopK::precision));
        c.check(report, "recall", users(scores, target, k, TopK::recall));
        c.check(report, "average_precision", users(scores, target, k, TopK::meanAveragePrecision));
        number(c, report, "mean_average_precision", all.meanAveragePrecision());
    }

    /** A figure of each user. */
    private static Tensor users(Tensor scores, Tensor target, int k, ToDoubleFunction<TopK> figure) {
        double[] all = new double[Math.toIntExact(scores.shape().size(0))];
        for (int user = 0; user < all.length; user++) {
            TopK one = new TopK(k);
            one.add(scores.narrow(0, user, 1), target.narrow(0, user, 1));
            all[user] = figure.applyAsDouble(one);
        }
        return Tensor.of(all, all.length);
    }

    // ---- classes

    private static void binary(Stored.Case c, Report report) {
        Tensor labels = c.in("y");
        boolean[] positive = new boolean[Math.toIntExact(labels.shape().size(0))];
        int[] actual = classes(labels);
        int[] predicted = new int[positive.length];
        float[] scores = c.in("scores").toFloatArray();
        for (int i = 0; i < positive.length; i++) {
            positive[i] = actual[i] == 1;
            predicted[i] = scores[i] > 0 ? 1 : 0;
        }
        Curve precision = RankingMetrics.precisionRecallCurve(positive, scores);
        Curve roc = RankingMetrics.rocCurve(positive, scores);
        c.check(report, "precision", Tensor.of(precision.y()));
        c.check(report, "recall", Tensor.of(precision.x()));
        c.check(report, "thresholds", Tensor.of(Arrays.copyOf(precision.thresholds(), precision.x().length - 1)));
        c.check(report, "fpr", Tensor.of(roc.x()));
        c.check(report, "tpr", Tensor.of(roc.y()));
        number(c, report, "average_precision", RankingMetrics.averagePrecision(positive, scores));
        number(c, report, "roc_auc", ClassificationMetrics.rocAuc(positive, scores));
        float[] probabilities = c.in("scores").sigmoid().toFloatArray();
        number(c, report, "brier", Calibration.brierScore(positive, probabilities));
        Tensor loss = Losses.binaryCrossEntropyWithLogits(Reduction.MEAN).of(c.in("scores"), labels.to(DType.F32));
        number(c, report, "log_loss", loss.item());
        ConfusionMatrix atZero = ConfusionMatrix.of(actual, predicted, 2);
        number(c, report, "f1_at_0", atZero.f1(1));
        number(c, report, "matthews_at_0", atZero.matthewsCorrelation());
        number(c, report, "pr_auc_trapezoid", precision.area());
    }

    private static int[] classes(Tensor labels) {
        return Arrays.stream(Report.longs(labels)).mapToInt(Math::toIntExact).toArray();
    }

    private static void multiclass(Stored.Case c, Report report) {
        Tensor logits = c.in("logits");
        int count = Math.toIntExact(logits.shape().size(1));
        int[] actual = classes(c.in("y"));
        ConfusionMatrix matrix =
                ConfusionMatrix.of(actual, ClassificationMetrics.argmax(logits.toFloatArray(), count), count);
        long[] counts = new long[count * count];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = matrix.count(i / count, i % count);
        }
        c.check(report, "confusion", Tensor.of(counts, count, count));
        for (Average average : Average.values()) {
            String name = average.name().toLowerCase(Locale.ROOT);
            number(c, report, "precision_" + name, matrix.precision(average));
            number(c, report, "recall_" + name, matrix.recall(average));
            number(c, report, "f1_" + name, matrix.f1(average));
        }
        number(c, report, "balanced_accuracy", matrix.recall(Average.MACRO));
        float[] probabilities = logits.softmax(-1).toFloatArray();
        number(c, report, "top_2_accuracy", ClassificationMetrics.topK(actual, probabilities, count, 2));
        number(c, report, "roc_auc_ovr_macro", ClassificationMetrics.rocAucOneVersusRest(actual, probabilities, count));
        number(
                c,
                report,
                "log_loss",
                new CrossEntropyLoss().of(logits, c.in("y")).item());
        number(c, report, "cohen_kappa", matrix.cohenKappa());
        number(c, report, "matthews", matrix.matthewsCorrelation());
    }

    private static void folds(Stored.Case c, Report report) {
        int[] classes = classes(c.in("y"));
        int k = c.attrs().need("k").index();
        int[] contiguous = Folds.contiguous(classes.length, k);
        int[] stratified = Folds.stratified(classes, k);
        report.equal(c.id() + "/k_fold", longs(contiguous), Report.longs(c.out("k_fold")));
        report.equal(c.id() + "/stratified", longs(stratified), Report.longs(c.out("stratified")));
        long[] want = Report.longs(c.out("stratified_class_counts"));
        long[] counts = new long[want.length];
        for (int i = 0; i < classes.length; i++) {
            counts[stratified[i] * (counts.length / k) + classes[i]]++;
        }
        report.equal(c.id() + "/stratified_class_counts", counts, want);
        int[] groups = classes(c.in("groups"));
        report.equal(c.id() + "/group", groupsInTwoFolds(groups, Folds.grouped(groups, k)), 0);
        TensorDataset data = new TensorDataset(c.in("y"), c.in("y"));
        report.equal(
                c.id() + "/fold_sizes",
                sizes(CrossValidation.folds(data, contiguous)),
                Report.longs(c.out("fold_sizes")));
        long[] times = CrossValidation.timeSeries(data, k).stream()
                .flatMapToLong(fold ->
                        LongStream.of(fold.training().size(), fold.validation().size()))
                .toArray();
        report.equal(c.id() + "/time_series_sizes", times, Report.longs(c.out("time_series_sizes")));
    }

    private static long[] sizes(List<CrossValidation.Fold> folds) {
        return folds.stream().mapToLong(fold -> fold.validation().size()).toArray();
    }

    private static long[] longs(int[] numbers) {
        return Arrays.stream(numbers).asLongStream().toArray();
    }

    /** How many samples are in another fold than one before them of the same group. */
    private static int groupsInTwoFolds(int[] groups, int[] folds) {
        Map<Integer, Integer> first = new HashMap<>();
        int apart = 0;
        for (int i = 0; i < groups.length; i++) {
            Integer fold = first.putIfAbsent(groups[i], folds[i]);
            apart += fold == null || fold == folds[i] ? 0 : 1;
        }
        return apart;
    }
}
