package dev.lanewise.examples.recommend;

import dev.lanewise.nn.data.*;
import dev.lanewise.tensor.*;
import java.util.*;
import java.util.stream.*;

/**
 * Which items users chose: implicit feedback, in which a choice says that a user likes an item, and its lack says nothing. The
 * last choice of each user is held out for the test.
 *
 * @param users the users' names
 * @param items the items' names
 * @param chosen the numbers of the items that each user chose, in the order of time, three or more and not all
 */
public record Interactions(List<String> users, List<String> items, int[][] chosen) {
    private static final int TASTES = 4;

    /**
     * Choices.
     *
     * @throws TensorException if a user chose fewer than three items, or all of them
     */
    public Interactions {
        for (int user = 0; user < chosen.length; user++) {
            if (chosen[user].length < 3 || chosen[user].length >= items.size()) {
                throw new TensorException("interactions: user " + users.get(user) + " chose " + chosen[user].length
                        + " of " + items.size() + " items (expected 3 or more, and not all); leave the user out");
            }
        }
    }

    /**
     * Choices of users and items of its own making, shaped as MovieLens: users have a latent taste, items have traits, a few
     * items are popular with everyone, and a choice is the likelier the better both agree.
     */
    public static Interactions synthetic(long seed, int users, int items) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] traits = normal(random, items, TASTES);
        double[] popularity = normal(random, 1, items)[0];
        int[][] chosen = new int[users][];
        for (int user = 0; user < users; user++) {
            double[] taste = normal(random, 1, TASTES)[0];
            double[] score = new double[items];
            for (int item = 0; item < items; item++) {
                double agreement = 0;
                for (int i = 0; i < TASTES; i++) {
                    agreement += taste[i] * traits[item][i];
                }
                // Gumbel noise makes the best by score a draw without replacement from the softmax of the scores
                double gumbel = -Math.log(-Math.log(random.nextDouble(1e-12, 1)));
                score[item] = 1.5 * agreement + popularity[item] + gumbel;
            }
            int[] best = IntStream.range(0, items)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer item) -> -score[item]))
                    .limit(Math.min(items / 2, 20 + random.nextInt(40)))
                    .mapToInt(Integer::intValue)
                    .toArray();
            shuffle(best, random);
            chosen[user] = best;
        }
        return new Interactions(names("user", users), names("item", items), chosen);
    }

    private static double[][] normal(SplittableRandom random, int rows, int columns) {
        return Stream.generate(() -> DoubleStream.generate(random::nextGaussian)
                        .limit(columns)
                        .toArray())
                .limit(rows)
                .toArray(double[][]::new);
    }

    private static void shuffle(int[] values, SplittableRandom random) {
        for (int i = values.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int value = values[i];
            values[i] = values[other];
            values[other] = value;
        }
    }

    private static List<String> names(String kind, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> kind + i).toList();
    }

    /** How often each item was chosen, apart from what is held out. */
    public long[] counts() {
        long[] counts = new long[items.size()];
        for (int[] own : chosen) {
            Arrays.stream(own, 0, own.length - 1).forEach(item -> counts[item]++);
        }
        return counts;
    }

    /** All choices but those held out: x is the users' numbers, y the items'. */
    public Dataset pairs() {
        List<long[]> pairs = new ArrayList<>();
        for (int user = 0; user < chosen.length; user++) {
            for (int i = 0; i < chosen[user].length - 1; i++) {
                pairs.add(new long[] {user, chosen[user][i]});
            }
        }
        try (var ignored = Scope.open("pairs")) {
            Tensor all = Tensor.of(pairs.stream().flatMapToLong(Arrays::stream).toArray(), pairs.size(), 2);
            return new TensorDataset(all.select(1, 0).copy(), all.select(1, 1).copy());
        }
    }

    /** Each of {@link #pairs}, and beside it as many items as asked for that its user didn't choose, drawn anew every epoch. */
    public Dataset sampled(int negatives, long seed) {
        return new SampledPairs(this, negatives, seed);
    }

    /**
     * For each user the item held out, in column 0, and others that the user never chose, fewer where not so many are left: x
     * {@code [users, 1 + negatives, 2]} holds the pairs, y {@code [users, 1 + negatives]} is 1 in column 0, else 0.
     */
    public Dataset heldOut(int negatives, long seed) {
        int most = Arrays.stream(chosen).mapToInt(own -> own.length).max().orElse(0);
        int columns = 1 + Math.min(negatives, items.size() - most);
        long[] pairs = new long[chosen.length * columns * 2];
        float[] right = new float[chosen.length * columns];
        for (int user = 0; user < chosen.length; user++) {
            SplittableRandom random = new SplittableRandom(seed + user);
            Set<Integer> taken = seen(user);
            for (int column = 0; column < columns; column++) {
                int item = column == 0 ? chosen[user][chosen[user].length - 1] : another(taken, random);
                taken.add(item);
                int place = user * columns + column;
                pairs[2 * place] = user;
                pairs[2 * place + 1] = item;
                right[place] = column == 0 ? 1 : 0;
            }
        }
        try (var ignored = Scope.open("held out")) {
            return new TensorDataset(
                    Tensor.of(pairs, chosen.length, columns, 2), Tensor.of(right, chosen.length, columns));
        }
    }

    /** All items that a user chose, the one held out among them. */
    Set<Integer> seen(int user) {
        return Arrays.stream(chosen[user]).boxed().collect(Collectors.toCollection(HashSet::new));
    }

    /** An item that is not among those taken, which are not all. */
    int another(Set<Integer> taken, SplittableRandom random) {
        int item = random.nextInt(items.size());
        while (taken.contains(item)) {
            item = random.nextInt(items.size());
        }
        return item;
    }
}
