package dev.lanewise.examples.recommend;

import dev.lanewise.nn.data.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * Pairs of a user and an item, {@code I64 [n, 2]}, and whether the user chose it, {@code F32 [n]}. What is drawn depends on seed,
 * epoch and number of the sample alone, so that training that is resumed sees the same.
 */
final class SampledPairs implements Dataset {
    private final Interactions interactions;
    private final int negatives;
    private final long seed;
    private final int[] users;
    private final int[] items;
    private final List<Set<Integer>> seen = new ArrayList<>();
    private volatile long epoch;

    SampledPairs(Interactions interactions, int negatives, long seed) {
        this.interactions = interactions;
        this.negatives = negatives;
        this.seed = seed;
        int[][] chosen = interactions.chosen();
        int count = Arrays.stream(chosen).mapToInt(own -> own.length - 1).sum();
        users = new int[count];
        items = new int[count];
        int next = 0;
        for (int user = 0; user < chosen.length; user++) {
            for (int i = 0; i < chosen[user].length - 1; i++) {
                users[next] = user;
                items[next++] = chosen[user][i];
            }
            seen.add(interactions.seen(user));
        }
    }

    @Override
    public long size() {
        return (long) users.length * (1 + negatives);
    }

    @Override
    public void epoch(long number) {
        epoch = number;
    }

    @Override
    public Batch batch(long[] indices) {
        long[] pairs = new long[2 * indices.length];
        float[] chosen = new float[indices.length];
        for (int i = 0; i < indices.length; i++) {
            int positive = Math.toIntExact(indices[i] / (1 + negatives));
            boolean isPositive = indices[i] % (1 + negatives) == 0;
            pairs[2 * i] = users[positive];
            pairs[2 * i + 1] = isPositive ? items[positive] : other(users[positive], indices[i]);
            chosen[i] = isPositive ? 1 : 0;
        }
        return new Batch(Tensor.of(pairs, indices.length, 2), Tensor.of(chosen));
    }

    private int other(int user, long sample) {
        SplittableRandom random = new SplittableRandom(seed + epoch * size() + sample);
        return interactions.another(seen.get(user), random);
    }
}
