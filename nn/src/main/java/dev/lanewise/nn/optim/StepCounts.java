package dev.lanewise.nn.optim;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Map;

/**
 * How many steps each parameter of an optimizer took part in. A parameter that is unfrozen later starts with its own
 * first step, as in PyTorch, so that bias corrections count from there.
 */
final class StepCounts {
    private static final String KIND = "step";

    private long[] counts;
    private final boolean[] changed;
    private long[] countsWhenRecorded = {};
    private boolean[] changedWhenRecorded = {};

    StepCounts(int parameters) {
        counts = new long[parameters];
        changed = new boolean[parameters];
    }

    /** Notes that a step begins. */
    void begin() {
        Arrays.fill(changed, false);
    }

    /** Notes that the current step changes a parameter. */
    void count(int parameter) {
        counts[parameter]++;
        changed[parameter] = true;
    }

    /** In how many steps a parameter took part, including the current one. */
    long of(int parameter) {
        return counts[parameter];
    }

    /** A copy, for {@link #reset}. */
    long[] copy() {
        return counts.clone();
    }

    void reset(long[] before) {
        counts = before.clone();
    }

    /** Notes that the step just made will be replayed. */
    void record() {
        countsWhenRecorded = counts.clone();
        changedWhenRecorded = changed.clone();
    }

    /** Notes that the recorded step was made once more. */
    void countReplay() {
        for (int i = 0; i < changedWhenRecorded.length; i++) {
            counts[i] += changedWhenRecorded[i] ? 1 : 0;
        }
    }

    /** The current count of the parameters that had the given count in the recorded step. */
    long now(long whenRecorded) {
        for (int i = 0; i < changedWhenRecorded.length; i++) {
            if (changedWhenRecorded[i] && countsWhenRecorded[i] == whenRecorded) {
                return counts[i];
            }
        }
        throw new IllegalStateException("no parameter was at step " + whenRecorded + " in the recorded step");
    }

    /** Adds the counts to a state, one scalar of I64 for each parameter that was ever changed. */
    void save(Map<String, Tensor> state) {
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                state.put(KIND + "." + i, Tensor.full(counts[i], DType.I64, Device.CPU));
            }
        }
    }

    static boolean isCount(String name) {
        return name.startsWith(KIND + ".");
    }

    /** The number in a saved count, from 1 to the optimizer's. */
    static long read(String name, Tensor saved, long steps) {
        boolean whole = saved.shape().elements() == 1 && saved.dtype().isInteger();
        if (!whole || saved.itemLong() < 1 || saved.itemLong() > steps) {
            throw new TensorException("optimizer: state '" + name + "' is " + (whole ? saved.itemLong() : saved.spec())
                    + " (expected a whole number from 1 to the optimizer's " + steps + " steps); save the state again");
        }
        return saved.itemLong();
    }
}
