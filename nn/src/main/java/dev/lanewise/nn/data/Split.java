package dev.lanewise.nn.data;

import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The samples that a model is trained on and those that it is evaluated on: two disjoint sets of indices that cover
 * all.
 */
public final class Split {
    private final int[] train;
    private final int[] test;

    private Split(int[] train, int[] test) {
        this.train = train;
        this.test = test;
    }

    /**
     * Splits so that every class has the same share in both sets, to the nearest sample. Both sets are in ascending
     * order.
     *
     * @param labels the classes, from 0
     * @param testFraction the share of the test set, above 0 and below 1
     * @param seed the same seed gives the same split
     * @return the split
     * @throws TensorException if a label is negative, or the fraction is not above 0 and below 1
     */
    public static Split stratified(int[] labels, double testFraction, long seed) {
        check(testFraction);
        List<List<Integer>> byClass = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0) {
                throw new TensorException("split: class " + labels[i] + " of sample " + i
                        + " (expected classes from 0); leave such samples out, or number the classes from 0");
            }
            while (byClass.size() <= labels[i]) {
                byClass.add(new ArrayList<>());
            }
            byClass.get(labels[i]).add(i);
        }
        boolean[] isTest = new boolean[labels.length];
        SplittableRandom random = new SplittableRandom(seed);
        for (List<Integer> members : byClass) {
            choose(members.stream().mapToInt(Integer::intValue).toArray(), testFraction, random, isTest);
        }
        return of(isTest);
    }

    /**
     * Splits at random, whatever the classes; see {@link #stratified}.
     *
     * @param samples how many samples there are, 0 or more
     * @param testFraction the share of the test set, above 0 and below 1
     * @param seed determines which samples are in which set
     * @return the split
     * @throws TensorException if the number is negative, or the fraction is not above 0 and below 1
     */
    public static Split random(int samples, double testFraction, long seed) {
        check(testFraction);
        if (samples < 0) {
            throw new TensorException("split: " + samples + " samples (expected 0 or more); check it");
        }
        int[] all = new int[samples];
        Arrays.setAll(all, i -> i);
        boolean[] isTest = new boolean[samples];
        choose(all, testFraction, new SplittableRandom(seed), isTest);
        return of(isTest);
    }

    private static void check(double testFraction) {
        if (!(testFraction > 0 && testFraction < 1)) {
            throw new TensorException(
                    "split: test fraction " + testFraction + " (expected above 0 and below 1); 0.2 is usual");
        }
    }

    /** Marks the first members of a random permutation (Fisher and Yates). */
    private static void choose(int[] members, double fraction, SplittableRandom random, boolean[] isTest) {
        int count = (int) Math.round(members.length * fraction);
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i, members.length);
            int chosen = members[j];
            members[j] = members[i];
            isTest[chosen] = true;
        }
    }

    private static Split of(boolean[] isTest) {
        int[] train = new int[isTest.length];
        int[] test = new int[isTest.length];
        int trainCount = 0;
        int testCount = 0;
        for (int i = 0; i < isTest.length; i++) {
            if (isTest[i]) {
                test[testCount++] = i;
            } else {
                train[trainCount++] = i;
            }
        }
        return new Split(Arrays.copyOf(train, trainCount), Arrays.copyOf(test, testCount));
    }

    /**
     * The indices to train on, a copy.
     *
     * @return the numbers of the samples, ascending
     */
    public int[] train() {
        return train.clone();
    }

    /**
     * The indices to evaluate on, a copy.
     *
     * @return the numbers of the samples, ascending
     */
    public int[] test() {
        return test.clone();
    }
}
