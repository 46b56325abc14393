package dev.lanewise.bench.gpu;

import java.util.List;

/**
 * How long and how often each piece of work is measured.
 *
 * @param warmUp seconds before our first round; PyTorch's script runs 20 times instead
 * @param rounds of which the best counts
 * @param budget seconds per round
 * @param turns how often each program runs; a turn that there is no time for is omitted
 */
record Pace(double warmUp, int rounds, double budget, int turns) {
    /** To see that everything runs. */
    static final Pace QUICK = new Pace(0, 1, 0.001, 1);

    /** Training steps, where there is enough time. */
    static final Pace STEPS = new Pace(3, 5, 0.3, 2);

    /** Operations, where there is enough time. */
    static final Pace OPERATIONS = new Pace(0.5, 7, 0.1, 2);

    /** Seconds until a JVM or Python has a device and measures. */
    static final double START = 3;

    /** Seconds to make a model or operands, to run them first, and to let the libraries choose algorithms. */
    static final double PREPARATION = 0.2;

    /** Seconds in which {@code torch.compile} compiles a model. */
    static final double COMPILATION = 20;

    private static final int FEW_ROUNDS = 3;

    /** How much of the time that starts leave is planned: a device may be slower than expected. */
    private static final double PLANNED = 0.75;

    /** Two turns that measure for a smaller part of the usual time than this are worth less than one that is longer. */
    private static final double SHORTEST = 0.1;

    /** Less can't be measured; a limit that has no time for it stops the step. */
    private static final double LEAST = 0.02;

    /**
     * A program.
     *
     * @param measurements how many pieces of work it measures
     * @param warmsUp whether it takes {@link #warmUp}
     * @param preparation seconds per piece of work
     */
    record Load(int measurements, boolean warmsUp, double preparation) {
        private double unmeasuredSeconds() {
            return START + measurements * preparation;
        }

        private double measuredSeconds(Pace pace) {
            return measurements * (pace.rounds * pace.budget + (warmsUp ? pace.warmUp : 0));
        }
    }

    /** This pace, or as much of it as these programs can do in so many seconds. */
    Pace within(double seconds, List<Load> loads) {
        double part = part(seconds, loads, turns);
        if (part >= 1) {
            return this;
        }
        if (turns > 1 && part < SHORTEST) {
            return new Pace(warmUp, rounds, budget, 1).within(seconds, loads);
        }
        double scale = Math.max(part, LEAST);
        int fewer = Math.min(rounds, FEW_ROUNDS);
        return new Pace(warmUp * scale, fewer, budget * scale * rounds / fewer, turns);
    }

    private double part(double seconds, List<Load> loads, int often) {
        double unmeasured = loads.stream().mapToDouble(Load::unmeasuredSeconds).sum();
        double measured =
                loads.stream().mapToDouble(load -> load.measuredSeconds(this)).sum();
        return (seconds / often - unmeasured) * PLANNED / measured;
    }
}
