package dev.lanewise.nn.train;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Which fold each sample of a data set is in, as a number from 0, for {@link CrossValidation#folds(dev.lanewise.nn.data.Dataset,
 * int[])}. No division depends on chance: the same samples always give the same folds.
 */
public final class Folds {
    private Folds() {}

    /**
     * Neighbouring samples together, in folds whose sizes differ by at most one, the larger ones first (scikit-learn's {@code
     * KFold} without shuffling).
     *
     * @param samples how many samples there are
     * @param count how many folds, from 2 to the number of samples
     * @return the fold of each sample
     * @throws TensorException if there are fewer samples than folds, or fewer than two folds
     */
    public static int[] contiguous(int samples, int count) {
        check(count, samples, "samples");
        int[] folds = new int[samples];
        int larger = samples % count;
        int size = samples / count;
        for (int i = 0; i < samples; i++) {
            int inLarger = larger * (size + 1);
            folds[i] = i < inLarger ? i / (size + 1) : larger + (i - inLarger) / size;
        }
        return folds;
    }

    /**
     * Folds in which every class has its share: of a class each fold has as many samples as any other, or one more or less, and
     * the folds' sizes differ by at most one (scikit-learn's {@code StratifiedKFold} without shuffling).
     *
     * @param labels the class of each sample; any numbers
     * @param count how many folds, 2 or more; at most as many as the largest class has samples
     * @return the fold of each sample
     * @throws TensorException if every class has fewer samples than there are folds, or there are fewer than two folds
     */
    public static int[] stratified(int[] labels, int count) {
        Objects.requireNonNull(labels, "labels");
        Map<Integer, Integer> sizes = new LinkedHashMap<>();
        for (int label : labels) {
            sizes.merge(label, 1, Integer::sum);
        }
        check(
                count,
                sizes.values().stream().mapToInt(Integer::intValue).max().orElse(0),
                "samples of the largest class");
        // the classes' samples are dealt to the folds like cards, one class after the other
        Map<Integer, int[]> dealt = new LinkedHashMap<>();
        int next = 0;
        for (Map.Entry<Integer, Integer> ofClass : sizes.entrySet()) {
            int[] shares = new int[count];
            for (int i = 0; i < ofClass.getValue(); i++) {
                shares[next++ % count]++;
            }
            dealt.put(ofClass.getKey(), shares);
        }
        int[] folds = new int[labels.length];
        Map<Integer, Integer> current = new LinkedHashMap<>();
        for (int i = 0; i < labels.length; i++) {
            int[] shares = Objects.requireNonNull(dealt.get(labels[i]));
            int fold = current.getOrDefault(labels[i], 0);
            while (shares[fold] == 0) {
                fold++;
            }
            shares[fold]--;
            current.put(labels[i], fold);
            folds[i] = fold;
        }
        return folds;
    }

    /**
     * Folds that keep groups together, such as the samples of one patient: no group is in two folds. The largest groups are
     * placed first, each into the fold that has the fewest samples by then (scikit-learn's {@code GroupKFold}).
     *
     * @param groups the group of each sample; any numbers
     * @param count how many folds, from 2 to the number of groups
     * @return the fold of each sample
     * @throws TensorException if there are fewer groups than folds, or fewer than two folds
     */
    public static int[] grouped(int[] groups, int count) {
        Objects.requireNonNull(groups, "groups");
        Map<Integer, Integer> sizes = new TreeMap<>();
        for (int group : groups) {
            sizes.merge(group, 1, Integer::sum);
        }
        check(count, sizes.size(), "groups");
        int[] inFold = new int[count];
        Map<Integer, Integer> placed = new LinkedHashMap<>();
        sizes.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<Integer, Integer> group) -> -group.getValue()))
                .forEach(group -> {
                    int lightest = 0;
                    for (int fold = 1; fold < count; fold++) {
                        lightest = inFold[fold] < inFold[lightest] ? fold : lightest;
                    }
                    inFold[lightest] += group.getValue();
                    placed.put(group.getKey(), lightest);
                });
        return Arrays.stream(groups)
                .map(group -> Objects.requireNonNull(placed.get(group)))
                .toArray();
    }

    private static void check(int count, int most, String what) {
        if (count < 2 || count > most) {
            throw new TensorException("cross-validation: " + count + " folds of " + most + " " + what
                    + " (expected 2 or more, and at least one sample each); choose another number");
        }
    }
}
