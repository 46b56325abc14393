package dev.lanewise.serve;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which requests may be put together, as a trial of their model has shown.
 *
 * @param rows whether requests whose inputs differ in nothing but their rows may be
 * @param padding how token sequences of different lengths are; null if they may not be
 */
record Together(boolean rows, @Nullable Padding padding) {
    static final Together NEVER = new Together(false, null);
    static final Together ROWS = new Together(true, null);

    /** Chooses which of the requests that wait are computed together with the one that has waited longest. */
    static final class Gathering {
        /** So much of what is computed may be padding, which takes from what computing together gains. */
        private static final double MOST_PADDING = 0.25;

        private final int largest;
        private final List<Pending> batch;
        private long rows;
        private long longest;
        private long tokens;

        private Gathering(List<Pending> batch, int largest) {
            this.batch = batch;
            this.largest = largest;
            for (Pending pending : batch) {
                count(pending);
            }
        }

        /**
         * Moves requests that fit from a queue to a batch: in their order, and of token sequences those of the nearest
         * lengths first.
         *
         * @param batch begins with the request that others must fit
         * @param largest the most rows of a batch
         * @return whether the batch is full
         */
        static boolean gather(List<Pending> batch, Collection<Pending> queue, int largest) {
            Gathering gathering = new Gathering(batch, largest);
            if (batch.getFirst().length == 0) {
                gathering.inOrder(queue);
            } else {
                gathering.byLength(queue);
            }
            return gathering.rows >= largest;
        }

        private void count(Pending pending) {
            rows += pending.rows;
            longest = Math.max(longest, pending.length);
            tokens += pending.rows * pending.length;
        }

        private void inOrder(Collection<Pending> queue) {
            for (Iterator<Pending> others = queue.iterator(); rows < largest && others.hasNext(); ) {
                Pending other = others.next();
                if (fits(other)) {
                    others.remove();
                    batch.add(other);
                    count(other);
                }
            }
        }

        private void byLength(Collection<Pending> queue) {
            long length = batch.getFirst().length;
            List<Pending> nearest = queue.stream()
                    .filter(this::fits)
                    .sorted(Comparator.comparingLong(other -> Math.abs(other.length - length)))
                    .toList();
            Set<Pending> taken = new HashSet<>();
            for (Pending other : nearest) {
                if (fits(other) && isDense(other)) {
                    taken.add(other);
                    batch.add(other);
                    count(other);
                }
            }
            queue.removeIf(taken::contains);
        }

        private boolean fits(Pending other) {
            return other.rows <= largest - rows && other.form.equals(batch.getFirst().form);
        }

        /** Whether little enough would be padding with one more request. */
        private boolean isDense(Pending other) {
            long computed = (rows + other.rows) * Math.max(longest, other.length);
            long padding = computed - tokens - other.rows * other.length;
            return padding <= MOST_PADDING * computed;
        }
    }
}
