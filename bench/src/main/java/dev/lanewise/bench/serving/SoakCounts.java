package dev.lanewise.bench.serving;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** What clients have seen. */
final class SoakCounts {
    private static final int MOST_FAULTS = 20;

    /** Right answers with tensors. */
    final LongAdder tensors = new LongAdder();
    /** Right answers with texts. */
    final LongAdder texts = new LongAdder();
    /** Answers that there is too much to do, or that a model was just exchanged. */
    final LongAdder refused = new LongAdder();
    /** Connections that were closed before their answer. */
    final LongAdder killed = new LongAdder();

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final LongAdder moreFaults = new LongAdder();

    /** A wrong answer, or none. */
    void fault(String what) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(what);
        } else {
            moreFaults.increment();
        }
    }

    List<String> faults() {
        return List.copyOf(faults);
    }

    long faultCount() {
        return faults.size() + moreFaults.sum();
    }

    @Override
    public String toString() {
        return tensors.sum() + " tensors, " + texts.sum() + " texts, " + refused.sum() + " refused, " + killed.sum()
                + " clients killed, " + faultCount() + " faults";
    }
}
