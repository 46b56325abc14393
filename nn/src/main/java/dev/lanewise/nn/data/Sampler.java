package dev.lanewise.nn.data;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Determines which samples an epoch has, and in which order. The order depends on the epoch's number alone, so that
 * training can resume.
 */
public interface Sampler {
    /** {@return how many samples an epoch has} */
    long size();

    /**
     * {@return the numbers of an epoch's samples in order}
     *
     * @param epoch the number of the epoch
     */
    long[] order(long epoch);

    /**
     * All samples from the first to the last.
     *
     * @param samples how many samples there are, 0 or more and fewer than 2^31
     * @return the sampler
     * @throws TensorException if there are fewer or more than that
     */
    static Sampler sequential(long samples) {
        return sequential(all(samples));
    }

    /**
     * Some samples, such as those of {@link Split#test}, in the given order.
     *
     * @param chosen the numbers of the samples
     * @return the sampler
     */
    static Sampler sequential(long... chosen) {
        long[] copy = chosen.clone();
        return of(copy.length, epoch -> copy.clone());
    }

    /**
     * All samples, every epoch in an order of its own, which the seed determines.
     *
     * @param samples how many samples there are, 0 or more and fewer than 2^31
     * @param seed determines the orders; the same seed gives the same orders
     * @return the sampler
     * @throws TensorException if there are fewer or more than that
     */
    static Sampler shuffled(long samples, long seed) {
        return shuffled(all(samples), seed);
    }

    /**
     * Some samples, such as those of {@link Split#train}, every epoch in an order of its own, which the seed
     * determines.
     *
     * @param chosen the numbers of the samples
     * @param seed determines the orders; the same seed gives the same orders
     * @return the sampler
     */
    static Sampler shuffled(long[] chosen, long seed) {
        long[] copy = chosen.clone();
        return of(copy.length, epoch -> {
            long[] order = copy.clone();
            Random random = new Random(seed * 0x9E3779B97F4A7C15L + epoch);
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                long swapped = order[i];
                order[i] = order[j];
                order[j] = swapped;
            }
            return order;
        });
    }

    /**
     * {@return samples drawn with probabilities proportional to their weights, anew in every epoch} Draws without
     * replacement use the exponential race: the samples whose {@code -log(u) / weight} come first (Efraimidis and
     * Spirakis 2006).
     *
     * @param weights 0 or more for each sample; they need not sum to 1
     * @param draws how many samples an epoch has, 1 or more
     * @param replacement whether a sample can be drawn again in an epoch
     * @param seed determines the draws, together with the epoch
     * @throws TensorException if a weight is negative or not finite, all are 0, or there are no draws, or without
     *     replacement more of them than weights above 0
     */
    static Sampler weighted(double[] weights, int draws, boolean replacement, long seed) {
        double[] copy = weights.clone();
        long positive = Arrays.stream(copy).filter(weight -> weight > 0).count();
        boolean bad = Arrays.stream(copy).anyMatch(weight -> !(weight >= 0) || Double.isInfinite(weight));
        if (bad || draws < 1 || positive == 0 || !replacement && draws > positive) {
            throw new TensorException(
                    "weighted sampler: " + draws + " draws from " + copy.length + " weights, " + positive
                            + " of them above 0" + (bad ? " and some negative or not finite" : "")
                            + " (expected 0 or more each, and without replacement at most as many draws as weights above 0);"
                            + " check weights and draws");
        }
        return of(draws, epoch -> {
            SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + epoch);
            return replacement ? drawn(copy, draws, random) : raced(copy, draws, random);
        });
    }

    /**
     * Draws with replacement in which every class is as likely as every other, for data with rare classes.
     *
     * @param labels the class of every sample, from 0
     * @param draws how many samples an epoch has, 1 or more
     * @param seed determines the orders; the same seed gives the same orders
     * @return the sampler
     * @throws TensorException if there are no samples or no draws, or a label is negative
     */
    static Sampler balanced(int[] labels, int draws, long seed) {
        Objects.requireNonNull(labels, "labels");
        Map<Integer, Double> counts = new HashMap<>();
        for (int label : labels) {
            if (label < 0) {
                throw new TensorException("balanced sampler: label " + label
                        + " (expected classes from 0); leave such samples out, or number the classes from 0");
            }
            counts.merge(label, 1.0, Double::sum);
        }
        double[] weights = new double[labels.length];
        Arrays.setAll(weights, sample -> 1 / counts.getOrDefault(labels[sample], 1.0));
        return weighted(weights, draws, true, seed);
    }

    private static long[] all(long samples) {
        if (samples < 0 || samples > Integer.MAX_VALUE - 8) {
            throw new TensorException("sampler: " + samples + " samples (expected 0 or more, and fewer than 2^31: an"
                    + " epoch's order is an array); take a part of the data in each epoch, by Sampler.of");
        }
        return LongStream.range(0, samples).toArray();
    }

    private static long[] drawn(double[] weights, int draws, SplittableRandom random) {
        double[] cumulative = weights.clone();
        Arrays.parallelPrefix(cumulative, Double::sum);
        double total = cumulative[cumulative.length - 1];
        long[] order = new long[draws];
        for (int i = 0; i < draws; i++) {
            int place = Arrays.binarySearch(cumulative, random.nextDouble() * total);
            // after an equal sum, or where it would be inserted; never at a weight of 0, whose sum equals its
            // predecessor's
            int sample = place < 0 ? -place - 1 : place + 1;
            while (weights[sample] == 0) {
                sample++;
            }
            order[i] = sample;
        }
        return order;
    }

    private static long[] raced(double[] weights, int draws, SplittableRandom random) {
        double[] waiting = new double[weights.length];
        for (int i = 0; i < waiting.length; i++) {
            double u = 1 - random.nextDouble();
            waiting[i] = weights[i] == 0 ? Double.POSITIVE_INFINITY : -StrictMath.log(u) / weights[i];
        }
        return IntStream.range(0, waiting.length)
                .boxed()
                .sorted((a, b) -> Double.compare(waiting[a], waiting[b]))
                .limit(draws)
                .mapToLong(Integer::longValue)
                .toArray();
    }

    /** The orders of epochs. */
    @FunctionalInterface
    interface Orders {
        /**
         * The numbers of an epoch's samples in order.
         *
         * @param epoch the number of the epoch
         * @return the samples' numbers, from 0
         */
        long[] of(long epoch);
    }

    /**
     * Any orders of a given size.
     *
     * @param size how many samples an epoch has
     * @param orders the numbers of each epoch's samples
     * @return the sampler
     */
    static Sampler of(long size, Orders orders) {
        Objects.requireNonNull(orders, "orders");
        return new Sampler() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public long[] order(long epoch) {
                return orders.of(epoch);
            }
        };
    }
}
