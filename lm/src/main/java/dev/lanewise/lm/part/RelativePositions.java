package dev.lanewise.lm.part;

import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Tensor;

/**
 * A bias added to scores, per head, that depends on the distance of a key from a query: T5's buckets, which cover
 * single distances nearby and ever longer ranges further away (Raffel et al. 2019, arXiv:1910.10683, section 2.1).
 */
public final class RelativePositions {
    private final Embedding table;
    private final int buckets;
    private final int farthest;
    private final boolean bothDirections;

    /**
     * Positions.
     *
     * @param table {@code [buckets, heads]}
     * @param farthest the distance from which on all keys are in the last bucket
     * @param bothDirections whether keys after a query are distinguished from those before it
     */
    public RelativePositions(Embedding table, int farthest, boolean bothDirections) {
        this.table = table;
        this.buckets = (int) table.weight().leaf().shape().size(0);
        this.farthest = farthest;
        this.bothDirections = bothDirections;
    }

    /**
     * The bias for queries from a position on, and all keys up to the last of them.
     *
     * @param past the number of keys before the first query
     * @param count the number of queries
     * @return {@code [1, heads, count, past + count]}
     */
    public Tensor bias(long past, long count) {
        int keys = Math.toIntExact(past + count);
        long[] numbers = new long[Math.multiplyExact(Math.toIntExact(count), keys)];
        for (int query = 0, i = 0; query < count; query++) {
            for (int key = 0; key < keys; key++) {
                numbers[i++] = bucket(key - past - query);
            }
        }
        Tensor at = Tensor.of(numbers, count, keys).to(table.weight().leaf().device());
        return table.forward(at).permute(2, 0, 1).unsqueeze(0);
    }

    private long bucket(long ahead) {
        int own = buckets;
        long first = 0;
        long distance = Math.max(-ahead, 0);
        if (bothDirections) {
            own /= 2;
            first = ahead > 0 ? own : 0;
            distance = Math.abs(ahead);
        }
        int single = own / 2;
        if (distance < single) {
            return first + distance;
        }
        // in single precision, as transformers rounds
        float share = (float) Math.log((float) distance / single) / (float) Math.log((double) farthest / single);
        long far = single + (long) (share * (own - single));
        return first + Math.min(far, own - 1);
    }
}
