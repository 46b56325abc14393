package dev.lanewise.nn.optim;

import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.function.LongToDoubleFunction;

/**
 * A learning rate for every step (or epoch), as a function of its number. Schedules have no state, so training can
 * resume at any number, and they compose like ordinary functions.
 *
 * <pre>{@code
 * Schedule schedule = Schedule.cosine(0.1, 0, 90_000).warmedUp(500);
 * optimizer.rate(schedule.rate(step));
 * }</pre>
 */
@FunctionalInterface
public interface Schedule {
    /**
     * The rate of a step, from 0.
     *
     * @param step the number of the step
     * @return the learning rate, or a factor
     */
    double rate(long step);

    /**
     * The same rate for every step.
     *
     * @param base the initial rate, 0 or more
     * @return the schedule
     * @throws TensorException if the rate is negative or not finite
     */
    static Schedule constant(double base) {
        notNegative("constant: base", base);
        return step -> base;
    }

    /**
     * The rate times gamma every {@code size} steps.
     *
     * @param base the initial rate
     * @param size how many steps the rate stays the same
     * @param gamma the factor, 0 or more
     * @return the schedule
     * @throws TensorException if there is not at least one step, or a number is negative or not finite
     */
    static Schedule step(double base, long size, double gamma) {
        positive("step", size);
        notNegative("step: base", base);
        notNegative("step: gamma", gamma);
        return step -> base * Math.pow(gamma, Math.floorDiv(step, size));
    }

    /**
     * The rate times gamma at each milestone.
     *
     * @param base the initial rate
     * @param gamma the factor, 0 or more
     * @param milestones numbers of steps, in any order
     * @return the schedule
     * @throws TensorException if the rate or the factor is negative or not finite
     */
    static Schedule multiStep(double base, double gamma, long... milestones) {
        long[] copy = milestones.clone();
        notNegative("multi-step: base", base);
        notNegative("multi-step: gamma", gamma);
        return step -> {
            int passed = 0;
            for (long milestone : copy) {
                passed += step >= milestone ? 1 : 0;
            }
            return base * Math.pow(gamma, passed);
        };
    }

    /**
     * The rate times gamma every step.
     *
     * @param base the initial rate
     * @param gamma the factor, 0 or more
     * @return the schedule
     * @throws TensorException if the rate or the factor is negative or not finite
     */
    static Schedule exponential(double base, double gamma) {
        notNegative("exponential: base", base);
        notNegative("exponential: gamma", gamma);
        return step -> base * Math.pow(gamma, step);
    }

    /**
     * Half a cosine from base to least in {@code steps} steps, and back up in as many (Loshchilov and Hutter 2016,
     * arXiv:1608.03983).
     *
     * @param base the initial rate
     * @param least the rate at the end
     * @param steps how many steps it takes
     * @return the schedule
     * @throws TensorException if there is not at least one step, or a rate is negative or not finite
     */
    static Schedule cosine(double base, double least, long steps) {
        positive("cosine", steps);
        notNegative("cosine: base", base);
        notNegative("cosine: least", least);
        return step -> least + (base - least) * (1 + Math.cos(Math.PI * step / steps)) / 2;
    }

    /**
     * Half a cosine from base to least, and again from the beginning with every restart (Loshchilov and Hutter 2016,
     * arXiv:1608.03983).
     *
     * @param base the rate at the beginning, and after each restart
     * @param least the rate before each restart
     * @param period how many steps pass before the first restart, 1 or more
     * @param growth how many times longer each period is than the one before, 1 or more
     * @return the schedule
     * @throws TensorException if the period or the growth is not at least 1, or a rate is negative or not finite
     */
    static Schedule warmRestarts(double base, double least, long period, long growth) {
        positive("warm restarts", period);
        positive("warm restarts: growth", growth);
        notNegative("warm restarts: base", base);
        notNegative("warm restarts: least", least);
        return step -> {
            long length = period;
            long within = growth == 1 ? step % period : step;
            while (within >= length) {
                within -= length;
                // a period beyond all steps is the last one
                length = length > Long.MAX_VALUE / growth ? Long.MAX_VALUE : length * growth;
            }
            return between(base, least, (double) within / length);
        };
    }

    /**
     * From base to 0 along a power of what is left: {@code base (1 - step / steps)^power}.
     *
     * @param base the rate at the beginning
     * @param steps how many steps it takes
     * @param power 1 for a straight line
     * @return the schedule
     * @throws TensorException if there is not at least one step, or the rate or the power is negative or not finite
     */
    static Schedule polynomial(double base, long steps, double power) {
        positive("polynomial", steps);
        notNegative("polynomial: base", base);
        notNegative("polynomial: power", power);
        return step -> base * Math.pow(1 - Math.min(step, steps) / (double) steps, power);
    }

    /**
     * The base times what a function gives for the number of the step, as of PyTorch's {@code LambdaLR}.
     *
     * @param base the rate at the beginning
     * @param factor gives the factor of a step, from 0
     * @return the schedule
     */
    static Schedule lambda(double base, LongToDoubleFunction factor) {
        Objects.requireNonNull(factor, "factor");
        return step -> base * factor.applyAsDouble(step);
    }

    /**
     * From {@code start * base} to {@code end * base} in equal steps.
     *
     * @param base the initial rate
     * @param start the first factor
     * @param end the last factor
     * @param steps how many steps it takes
     * @return the schedule
     * @throws TensorException if there is not at least one step, or the rate or a factor is negative or not finite
     */
    static Schedule linear(double base, double start, double end, long steps) {
        positive("linear", steps);
        notNegative("linear: base", base);
        notNegative("linear: start", start);
        notNegative("linear: end", end);
        return step -> base * (start + (end - start) * Math.min(step, steps) / steps);
    }

    /**
     * One cycle (Smith and Topin 2017, arXiv:1708.07120): half a cosine from {@code most / 25} up to most in the first
     * 30% of the steps, and half a cosine down to {@code most / 250000} in the others.
     *
     * @param most the greatest rate
     * @param steps how many steps it takes
     * @return the schedule
     * @throws TensorException if there is not at least one step, or the rate is negative or not finite
     */
    static Schedule oneCycle(double most, long steps) {
        positive("one-cycle", steps);
        notNegative("one-cycle: most", most);
        double first = most / 25;
        double last = first / 1e4;
        double top = 0.3 * steps - 1;
        return step -> step <= top
                ? between(first, most, step / top)
                : between(most, last, Math.min(1, (step - top) / (steps - 1 - top)));
    }

    /**
     * This schedule with its first steps scaled from near 0 up to 1.
     *
     * @param steps the number of warm-up steps
     * @return the schedule
     * @throws TensorException if there is not at least one step
     */
    default Schedule warmedUp(long steps) {
        positive("warm-up", steps);
        return step -> rate(step) * Math.min(1, (step + 1.0) / steps);
    }

    /**
     * This schedule for a number of steps, then another from its own beginning.
     *
     * @param steps how many steps this schedule is used for, 0 or more
     * @param next the schedule that follows
     * @return the schedule
     * @throws TensorException if the number of steps is negative
     */
    default Schedule then(long steps, Schedule next) {
        Objects.requireNonNull(next, "next");
        Hyperparameters.notNegative("schedule", "then: steps", steps);
        return step -> step < steps ? rate(step) : next.rate(step - steps);
    }

    /**
     * One rate after several schedules, as of PyTorch's chained schedulers: the product of them all, of which those after the
     * first give factors.
     *
     * @param first gives rates
     * @param factors give factors
     * @return the schedule
     */
    static Schedule chained(Schedule first, Schedule... factors) {
        Schedule product = first;
        for (Schedule factor : factors.clone()) {
            product = product.times(factor);
        }
        return product;
    }

    /**
     * The product of both: the other one gives factors.
     *
     * @param factor the other schedule
     * @return the schedule
     */
    default Schedule times(Schedule factor) {
        Objects.requireNonNull(factor, "factor");
        return step -> rate(step) * factor.rate(step);
    }

    private static double between(double from, double to, double part) {
        return to + (from - to) * (1 + Math.cos(Math.PI * part)) / 2;
    }

    private static void notNegative(String name, double value) {
        Hyperparameters.notNegative("schedule", name, value);
    }

    private static void positive(String name, long steps) {
        if (steps < 1) {
            throw new TensorException(
                    "schedule: " + name + " over " + steps + " steps (expected 1 or more); check the number");
        }
    }
}
