package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ensembles of decision trees. */
final class TreeOps {
    private TreeOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "ai.onnx.ml:TreeEnsembleRegressor" -> TreeOps::regressor;
            case "ai.onnx.ml:TreeEnsembleClassifier" -> TreeOps::classifier;
            case "ai.onnx.ml:TreeEnsemble" -> TreeOps::ensemble;
            default -> null;
        };
    }

    private static long[] ints(Call c, String name) {
        long[] values = c.ints(name);
        return values == null ? new long[0] : values;
    }

    /** Real numbers of an attribute, or of the tensor that newer versions have instead. */
    private static double[] reals(Call c, String name, String tensorName) {
        Attribute attribute = c.attribute(tensorName);
        StoredTensor tensor = attribute == null ? null : attribute.tensor();
        Tensor stored = tensor == null ? null : OnnxValue.tensorOf(tensor.toValue());
        if (stored != null) {
            return Host.doubles(stored);
        }
        float[] floats = c.floats(name);
        double[] values = new double[floats == null ? 0 : floats.length];
        for (int i = 0; i < values.length && floats != null; i++) {
            values[i] = floats[i];
        }
        return values;
    }

    /** The trees of the older operators, the nodes of which have numbers within their trees. */
    private static final class Trees {
        private final int[] feature;
        private final double[] value;
        private final String[] mode;
        private final int[] yes;
        private final int[] no;
        private final boolean[] missingIsTrue;
        private final int[] roots;
        private final Map<Long, Integer> index = new HashMap<>();
        final int[][] leafTargets;
        final double[][] leafWeights;

        Trees(Call c, String leaf) {
            long[] tree = ints(c, "nodes_treeids");
            long[] node = ints(c, "nodes_nodeids");
            int count = node.length;
            for (int i = 0; i < count; i++) {
                index.put(key(tree[i], node[i]), i);
            }
            feature = Host.ints(ints(c, "nodes_featureids"));
            value = reals(c, "nodes_values", "nodes_values_as_tensor");
            mode = c.strings("nodes_modes").toArray(String[]::new);
            long[] tracks = ints(c, "nodes_missing_value_tracks_true");
            long[] trueIds = ints(c, "nodes_truenodeids");
            long[] falseIds = ints(c, "nodes_falsenodeids");
            yes = new int[count];
            no = new int[count];
            missingIsTrue = new boolean[count];
            int[] starts = new int[count];
            int rootCount = 0;
            for (int i = 0; i < count; i++) {
                boolean isLeaf = mode[i].equals("LEAF");
                yes[i] = isLeaf ? -1 : at(tree[i], trueIds[i]);
                no[i] = isLeaf ? -1 : at(tree[i], falseIds[i]);
                missingIsTrue[i] = i < tracks.length && tracks[i] != 0;
                if (i == 0 || tree[i] != tree[i - 1]) {
                    starts[rootCount++] = i;
                }
            }
            roots = Arrays.copyOf(starts, rootCount);
            leafTargets = new int[count][0];
            leafWeights = new double[count][0];
            long[] leafTree = ints(c, leaf + "_treeids");
            long[] leafNode = ints(c, leaf + "_nodeids");
            long[] ids = ints(c, leaf + "_ids");
            double[] weights = reals(c, leaf + "_weights", leaf + "_weights_as_tensor");
            for (int i = 0; i < leafNode.length; i++) {
                int at = at(leafTree[i], leafNode[i]);
                int size = leafTargets[at].length;
                leafTargets[at] = Arrays.copyOf(leafTargets[at], size + 1);
                leafWeights[at] = Arrays.copyOf(leafWeights[at], size + 1);
                leafTargets[at][size] = (int) ids[i];
                leafWeights[at][size] = weights[i];
            }
        }

        private static long key(long tree, long node) {
            return tree << 32 ^ node;
        }

        private int at(long tree, long node) {
            Integer at = index.get(key(tree, node));
            if (at == null) {
                throw new IllegalArgumentException("tree " + tree + " has no node " + node);
            }
            return at;
        }

        int[] roots() {
            return roots;
        }

        /** The leaf that a row of features arrives at. */
        int leaf(int root, double[] x, int from) {
            int at = root;
            for (int steps = 0; yes[at] >= 0; steps++) {
                if (steps > mode.length) {
                    throw new IllegalArgumentException("a tree with a cycle");
                }
                double v = x[from + feature[at]];
                boolean taken = Double.isNaN(v) ? missingIsTrue[at] : test(mode[at], v, value[at]);
                at = taken ? yes[at] : no[at];
            }
            return at;
        }
    }

    private static boolean test(String mode, double v, double threshold) {
        return switch (mode) {
            case "BRANCH_LEQ" -> v <= threshold;
            case "BRANCH_LT" -> v < threshold;
            case "BRANCH_GTE" -> v >= threshold;
            case "BRANCH_GT" -> v > threshold;
            case "BRANCH_EQ" -> v == threshold;
            case "BRANCH_NEQ" -> v != threshold;
            default -> throw new IllegalArgumentException("mode " + mode);
        };
    }

    /** Sums, means, smallest or largest of the leaves' contributions. */
    private static final class Sum {
        private final String how;
        private final double[] values;
        private final boolean[] set;

        Sum(String how, int size) {
            this.how = how;
            this.values = new double[size];
            this.set = new boolean[size];
        }

        void add(int target, double weight) {
            double old = values[target];
            values[target] = !set[target]
                    ? weight
                    : switch (how) {
                        case "MIN" -> Math.min(old, weight);
                        case "MAX" -> Math.max(old, weight);
                        default -> old + weight;
                    };
            set[target] = true;
        }

        double[] finish(int trees, double[] base) {
            for (int i = 0; i < values.length; i++) {
                values[i] = (how.equals("AVERAGE") ? values[i] / trees : values[i]) + (i < base.length ? base[i] : 0);
            }
            return values;
        }
    }

    private static double[] features(Tensor x) {
        return Host.doubles(x);
    }

    private static int rows(Tensor x) {
        return x.shape().rank() == 1 ? 1 : (int) x.shape().size(0);
    }

    private static OnnxValue[] regressor(Call c) {
        Trees trees = new Trees(c, "target");
        Tensor x = c.x();
        int targets = (int) c.i("n_targets", 1);
        int rows = rows(x);
        double[] features = features(x);
        int width = rows == 0 ? 0 : features.length / rows;
        double[] out = new double[rows * targets];
        double[] base = reals(c, "base_values", "base_values_as_tensor");
        for (int row = 0; row < rows; row++) {
            Sum sum = new Sum(c.s("aggregate_function", "SUM"), targets);
            for (int root : trees.roots()) {
                int leaf = trees.leaf(root, features, row * width);
                for (int i = 0; i < trees.leafTargets[leaf].length; i++) {
                    sum.add(trees.leafTargets[leaf][i], trees.leafWeights[leaf][i]);
                }
            }
            double[] scores = sum.finish(trees.roots().length, base);
            Scores.transform(c.s("post_transform", "NONE"), scores);
            System.arraycopy(scores, 0, out, row * targets, targets);
        }
        return Call.out(Host.of(out, DType.F32, x.device(), rows, targets));
    }

    private static OnnxValue[] classifier(Call c) {
        Trees trees = new Trees(c, "class");
        Tensor x = c.x();
        TabularOps.Labels labels = TabularOps.Labels.of(c);
        int classes = labels.size();
        int rows = rows(x);
        double[] features = features(x);
        int width = rows == 0 ? 0 : features.length / rows;
        double[] base = reals(c, "base_values", "base_values_as_tensor");
        long[] ids = ints(c, "class_ids");
        boolean single = classes == 2 && Arrays.stream(ids).distinct().count() == 1;
        boolean positive = Arrays.stream(reals(c, "class_weights", "class_weights_as_tensor"))
                .allMatch(w -> w >= 0);
        int[] chosen = new int[rows];
        double[] out = new double[rows * classes];
        for (int row = 0; row < rows; row++) {
            Sum sum = new Sum("SUM", single ? Math.max(2, (int) ids[0] + 1) : classes);
            for (int root : trees.roots()) {
                int leaf = trees.leaf(root, features, row * width);
                for (int i = 0; i < trees.leafTargets[leaf].length; i++) {
                    sum.add(trees.leafTargets[leaf][i], trees.leafWeights[leaf][i]);
                }
            }
            double[] scores;
            if (single) {
                double score = sum.finish(1, new double[0])[(int) ids[0]]
                        + (base.length == 1 ? base[0] : base.length == 2 ? base[1] : 0);
                chosen[row] = score > (positive ? 0.5 : 0) ? 1 : 0;
                scores = binary(score, positive, c.s("post_transform", "NONE"));
            } else {
                scores = sum.finish(1, base);
                chosen[row] = argmax(scores);
                Scores.transform(c.s("post_transform", "NONE"), scores);
            }
            System.arraycopy(scores, 0, out, row * classes, classes);
        }
        return Call.out(labels.of(chosen), OnnxValue.of(Host.of(out, DType.F32, x.device(), rows, classes)));
    }

    /** Two scores from one: complements if weights are probabilities, opposites otherwise. */
    static double[] binary(double score, boolean probability, String transform) {
        if (probability) {
            return new double[] {1 - score, score};
        }
        return transform.equals("LOGISTIC")
                ? new double[] {Scores.logistic(-score), Scores.logistic(score)}
                : new double[] {-score, score};
    }

    static int argmax(double[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    /** ai.onnx.ml 5: nodes and leaves by position, distinguished by flags. */
    private static OnnxValue[] ensemble(Call c) {
        Tensor x = c.x();
        int rows = rows(x);
        double[] features = features(x);
        int width = rows == 0 ? 0 : features.length / rows;
        int targets = (int) c.i("n_targets", 1);
        long[] roots = ints(c, "tree_roots");
        double[] leafWeights = reals(c, "leaf_weights", "leaf_weights");
        long[] leafTargets = ints(c, "leaf_targetids");
        double[] splits = reals(c, "nodes_splits", "nodes_splits");
        double[] members = reals(c, "membership_values", "membership_values");
        long[] modes = modes(c);
        int[][] ranges = members(modes, members);
        String how = List.of("AVERAGE", "SUM", "MIN", "MAX").get((int) c.i("aggregate_function", 1));
        String transform =
                List.of("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT").get((int) c.i("post_transform", 0));
        double[] out = new double[rows * targets];
        for (int row = 0; row < rows; row++) {
            Sum sum = new Sum(how, targets);
            for (long root : roots) {
                int leaf = leaf(c, (int) root, features, row * width, modes, splits, members, ranges);
                sum.add((int) leafTargets[leaf], leafWeights[leaf]);
            }
            double[] scores = sum.finish(roots.length, new double[0]);
            Scores.transform(transform, scores);
            System.arraycopy(scores, 0, out, row * targets, targets);
        }
        return Call.out(Host.of(out, x, rows, targets));
    }

    private static long[] modes(Call c) {
        Attribute attribute = c.attribute("nodes_modes");
        StoredTensor tensor = attribute == null ? null : attribute.tensor();
        @Nullable Tensor values = tensor == null ? null : OnnxValue.tensorOf(tensor.toValue());
        return values == null ? new long[0] : Host.longs(values);
    }

    /** Each node that tests membership has the values up to the next NaN. */
    private static int[][] members(long[] modes, double[] members) {
        int[][] ranges = new int[modes.length][2];
        int at = 0;
        for (int i = 0; i < modes.length; i++) {
            if (modes[i] == 6) {
                ranges[i][0] = at;
                while (at < members.length && !Double.isNaN(members[at])) {
                    at++;
                }
                ranges[i][1] = at++;
            }
        }
        return ranges;
    }

    private static int leaf(
            Call c, int root, double[] x, int from, long[] modes, double[] splits, double[] members, int[][] ranges) {
        long[] features = ints(c, "nodes_featureids");
        long[] trueIds = ints(c, "nodes_truenodeids");
        long[] falseIds = ints(c, "nodes_falsenodeids");
        long[] trueLeafs = ints(c, "nodes_trueleafs");
        long[] falseLeafs = ints(c, "nodes_falseleafs");
        long[] tracks = ints(c, "nodes_missing_value_tracks_true");
        int at = root;
        for (int steps = 0; steps <= modes.length; steps++) {
            double v = x[from + (int) features[at]];
            boolean taken;
            if (Double.isNaN(v)) {
                taken = at < tracks.length && tracks[at] != 0;
            } else if (modes[at] == 6) {
                taken = false;
                for (int i = ranges[at][0]; i < ranges[at][1]; i++) {
                    taken |= members[i] == v;
                }
            } else {
                String mode = List.of("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")
                        .get((int) modes[at]);
                taken = test(mode, v, splits[at]);
            }
            int next = (int) (taken ? trueIds[at] : falseIds[at]);
            if ((taken ? trueLeafs[at] : falseLeafs[at]) != 0) {
                return next;
            }
            at = next;
        }
        throw new IllegalArgumentException("a tree with a cycle");
    }
}
