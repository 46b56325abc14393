package dev.lanewise.nn.prune;

import dev.lanewise.tensor.TensorException;

/**
 * Which share of the weights is taken by when: from {@code initial} at step {@code first} to {@code goal} at step {@code last},
 * fast at first and slower towards the end, {@code goal + (initial - goal) (1 - (t - first) / (last - first))^3} (Zhu and Gupta
 * 2017, arXiv:1710.01878, equation 1).
 *
 * @param initial the share at the first step, from 0 to 1
 * @param goal the share at the last step and from then on, at least the initial one
 * @param first the step at which pruning begins
 * @param last the step at which the goal is reached
 * @param every how many steps lie between two prunings
 */
public record PruningSchedule(double initial, double goal, long first, long last, long every) {
    /**
     * Checks the numbers.
     *
     * @throws TensorException if the shares are not from 0 to 1 in ascending order, or the steps are not in order
     */
    public PruningSchedule {
        if (!(initial >= 0 && initial <= goal && goal <= 1)) {
            throw new TensorException("prune: shares from " + initial + " to " + goal
                    + " (expected numbers from 0 to 1, the second no smaller); masks are never taken back");
        }
        if (first < 0 || last <= first || every < 1) {
            throw new TensorException("prune: every " + every + " steps from " + first + " to " + last
                    + " (expected at least 1, from 0 on, the last after the first); choose other steps");
        }
    }

    /**
     * A schedule that begins with no weight taken.
     *
     * @param goal the share at the last step
     * @param first the step at which pruning begins
     * @param last the step at which the goal is reached
     * @param every how many steps lie between two prunings
     * @return the schedule
     * @throws TensorException if the goal is not from 0 to 1, or the steps are not in order
     */
    public static PruningSchedule cubic(double goal, long first, long last, long every) {
        return new PruningSchedule(0, goal, first, last, every);
    }

    /**
     * {@return whether weights are taken at a step}
     *
     * @param step its number
     */
    public boolean isDue(long step) {
        return step == last || step >= first && step < last && (step - first) % every == 0;
    }

    /**
     * {@return the share that is to be taken in all at a step}
     *
     * @param step its number
     */
    public double share(long step) {
        if (step < first) {
            return 0;
        }
        double left = 1 - Math.min(1, (double) (step - first) / (last - first));
        return goal + (initial - goal) * left * left * left;
    }
}
