package dev.lanewise.bench;

/**
 * How the time of a piece of work is measured, in the same way as in the peer's script: the best of several rounds,
 * each the mean of as many repetitions as fit a budget.
 *
 * @param warmUp seconds in which the JIT compiler may finish first
 * @param rounds how many rounds
 * @param budget seconds per round
 */
record Timing(double warmUp, int rounds, double budget) {
    private static final double SHORTEST = 1e-7;

    /** The peer's rounds and budget for operations. */
    static final Timing OPERATION = new Timing(3, 7, 0.25);

    /** The peer's rounds and budget for training steps. */
    static final Timing STEP = new Timing(8, 5, 1);

    /** Every piece of work two or three times: for tests. */
    static final Timing ONCE = new Timing(0, 1, 0);

    /**
     * Seconds that one repetition takes.
     *
     * @param work what to time
     * @param synchronize waits for what the work has started
     */
    double seconds(Runnable work, Runnable synchronize) {
        double one = warm(() -> {
            work.run();
            synchronize.run();
        });
        long repetitions = Math.max(1, (long) (budget / one));
        double best = Double.POSITIVE_INFINITY;
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            for (long i = 0; i < repetitions; i++) {
                work.run();
            }
            synchronize.run();
            best = Math.min(best, secondsSince(start) / repetitions);
        }
        return best;
    }

    /** Runs the work until the warm-up is over; returns how long it took the last time. */
    double warm(Runnable work) {
        work.run();
        long start = System.nanoTime();
        double last;
        do {
            long before = System.nanoTime();
            work.run();
            last = Math.max(secondsSince(before), SHORTEST);
        } while (secondsSince(start) < warmUp);
        return last;
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
